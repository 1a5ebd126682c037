use std::{
    os::unix::fs::{PermissionsExt as _, symlink},
    sync::atomic::Ordering,
};

use rand::{Rng as _, SeedableRng as _};

use super::{
    manifest::{Name, compare::Change},
    verify::Version,
    *,
};
use crate::domain::time::Timestamp;

mod remote;

const DAY: i64 = 24 * 60 * 60 * 1000;

/// A vault and a folder of files beside it.
struct Shop {
    folder: tempfile::TempDir,
    vault: Vault,
}

impl Shop {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        let vault = Vault::of(&folder.path().join("store"));
        Self { folder, vault }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path("data").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn sources(&self) -> [Source; 1] {
        [Source {
            at: self.path("data"),
            name: None,
        }]
    }

    fn try_add(&self) -> Result<Added> {
        let mut open = self.vault.open()?;
        open.add(&self.sources(), Keeping::Content, &Progress::default())
    }

    fn add(&self) -> Root {
        self.try_add().unwrap().root.unwrap()
    }

    fn check_out(&self, version: &Root, folder: &Path, replaces: bool) -> Result<CheckedOut> {
        let target = Target {
            folder,
            replaces,
            from: None,
        };
        let open = self.vault.open()?;
        open.check_out(&version.hash, &target, &Progress::default())
    }

    fn verify(&self, versions: &[&Root]) -> Verified {
        let versions = versions.iter().map(|root| Version {
            root: &root.hash,
            is_reference: false,
        });
        let versions: Vec<Version> = versions.collect();
        let open = self.vault.open().unwrap();
        open.verify(&versions, &Progress::default()).unwrap()
    }

    fn collect(&self, day: i64, versions: &[&Root]) -> Collected {
        self.collect_or_look(day, versions, false)
    }

    fn collect_or_look(&self, day: i64, versions: &[&Root], is_dry: bool) -> Collected {
        let mut stay = Stay(versions.iter().map(|root| root.hash).collect());
        let now = Timestamp(day * DAY);
        self.vault
            .collect(now, DAY, is_dry, &mut stay, &Progress::default())
            .unwrap()
    }

    fn packs(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.vault.packs()).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    fn tree(&self, folder: &Path) -> Vec<(String, u32, Vec<u8>)> {
        let mut found = vec![];
        let mut folders = vec![folder.to_owned()];
        while let Some(at) = folders.pop() {
            for entry in fs::read_dir(at).unwrap() {
                let path = entry.unwrap().path();
                let meta = fs::symlink_metadata(&path).unwrap();
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                let content = match () {
                    () if meta.is_dir() => {
                        folders.push(path);
                        vec![]
                    }
                    () if meta.is_symlink() => fs::read_link(&path)
                        .unwrap()
                        .into_os_string()
                        .into_encoded_bytes(),
                    () => fs::read(&path).unwrap(),
                };
                found.push((name, meta.permissions().mode() & 0o170_100, content));
            }
        }
        found.sort();
        found
    }
}

/// Versions that stay.
struct Stay(Vec<Hash>);

impl Collector for Stay {
    fn versions(&mut self) -> Result<Vec<Hash>> {
        Ok(self.0.clone())
    }

    fn begin(&mut self) -> Result<()> {
        Ok(())
    }
}

fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rand_chacha::ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
    bytes
}

/// Files of all kinds and lengths.
fn varied(shop: &Shop) {
    shop.write("empty", "");
    shop.write("a/text.csv", "x,y\n1,2\n".repeat(50_000));
    shop.write("a/b/noise", noise(1, 9_000_000));
    shop.write("a.b", "beside a folder of a name that begins alike");
    for at in 0..300 {
        shop.write(&format!("many/{at}"), noise(at, at as usize * 7));
    }
    shop.write("run", "#!/bin/sh\n");
    let program = shop.path("data/run");
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    symlink("../empty", shop.path("data/a/link")).unwrap();
    symlink("nowhere", shop.path("data/lost")).unwrap();
    fs::create_dir_all(shop.path("data/none/at/all")).unwrap();
}

#[test]
fn files_come_back_as_they_were() {
    let shop = Shop::new();
    varied(&shop);
    let root = shop.add();
    let out = shop.path("out");
    let first = shop.check_out(&root, &out, false).unwrap();
    assert_eq!(shop.tree(&out), shop.tree(&shop.path("data")));
    assert_eq!((first.written, first.same), (root.files, 0));
    assert_eq!(first.bytes, root.bytes);
    let again = shop.check_out(&root, &out, false).unwrap();
    assert_eq!((again.written, again.same), (0, root.files));
    let verified = shop.verify(&[&root]);
    assert!(verified.damages.is_empty() && verified.packs_damaged.is_empty());
    assert!(root.bytes / 2 < verified.bytes && verified.bytes < root.bytes);
}

#[test]
fn the_same_content_is_the_same_version_and_is_stored_once() {
    let shop = Shop::new();
    varied(&shop);
    let first = shop.try_add().unwrap();
    let again = shop.try_add().unwrap();
    assert_eq!(again.root, first.root);
    assert_eq!((again.new, again.stored), (0, 0));
    // In another folder, and without a stamp: it is read and known.
    let moved = shop.path("moved");
    fs::rename(shop.path("data"), &moved).unwrap();
    let source = Source {
        at: moved,
        name: None,
    };
    let mut open = shop.vault.open().unwrap();
    let moved = open.add(&[source], Keeping::Content, &Progress::default());
    let moved = moved.unwrap();
    assert_eq!((moved.root, moved.stored), (first.root, 0));
    assert_eq!(moved.read, first.root.unwrap().bytes);
    assert_eq!(shop.packs().len(), 1);
}

#[test]
fn a_change_stores_what_changed() {
    let shop = Shop::new();
    let mut content = noise(5, 20_000_000);
    shop.write("big", &content);
    for at in 0..2_000 {
        shop.write(&format!("small/{at}"), format!("{at}"));
    }
    let old = shop.add();
    content.splice(7_000_000..7_000_000, noise(6, 200_000));
    shop.write("big", &content);
    shop.write("small/77", "another");
    let added = shop.try_add().unwrap();
    assert!(added.stored < 1_500_000, "{added:?}");
    let mut changed = vec![];
    let open = shop.vault.open().unwrap();
    open.compare(&old, &added.root.unwrap(), &mut |change| {
        assert!(matches!(change, Change::Changed(..)));
        changed.push(change.entry().path.shown());
        Ok(())
    })
    .unwrap();
    assert_eq!(changed, ["big", "small/77"]);
}

#[test]
fn what_is_only_named_stays_where_it_is() {
    let shop = Shop::new();
    varied(&shop);
    let mut open = shop.vault.open().unwrap();
    let named = open
        .add(&shop.sources(), Keeping::Names, &Progress::default())
        .unwrap();
    assert!(named.stored < 100_000, "{named:?}");
    drop(open);
    let root = named.root.unwrap();
    assert_eq!(root, shop.add());

    #[derive(Debug)]
    struct Folder(PathBuf);
    impl checkout::Outside for Folder {
        fn path(&self, entry: &Entry) -> PathBuf {
            self.0.join(entry.path.shown())
        }
    }
    let from = Folder(shop.path("data"));
    let out = shop.path("out");
    let target = Target {
        folder: &out,
        replaces: false,
        from: Some(&from),
    };
    let open = shop.vault.open().unwrap();
    open.check_out(&root.hash, &target, &Progress::default())
        .unwrap();
    assert_eq!(shop.tree(&out), shop.tree(&shop.path("data")));
    shop.write("many/299", "another");
    fs::remove_file(out.join("many/299")).unwrap();
    let error = open
        .check_out(&root.hash, &target, &Progress::default())
        .unwrap_err();
    assert!(matches!(error, Error::Another { .. }), "{error}");
    assert!(!out.join("many/299").exists());
}

#[test]
fn a_check_out_replaces_nothing_that_it_was_not_told_to() {
    let shop = Shop::new();
    varied(&shop);
    let root = shop.add();
    let out = shop.path("out");
    shop.check_out(&root, &out, false).unwrap();
    fs::write(out.join("a.b"), "mine").unwrap();
    fs::write(out.join("own"), "mine").unwrap();
    fs::remove_file(out.join("many/7")).unwrap();
    let refused = shop.check_out(&root, &out, false).unwrap_err();
    assert!(
        matches!(&refused, Error::InTheWay { paths } if paths == &["a.b"]),
        "{refused}"
    );
    assert!(!out.join("many/7").exists());
    let done = shop.check_out(&root, &out, true).unwrap();
    assert_eq!(done.written, 2);
    assert_eq!(fs::read(out.join("own")).unwrap(), b"mine");
    fs::remove_file(out.join("own")).unwrap();
    assert_eq!(shop.tree(&out), shop.tree(&shop.path("data")));
}

#[test]
fn a_file_of_holes_takes_no_room_here_or_there() {
    use std::os::unix::fs::{FileExt as _, MetadataExt as _};
    let shop = Shop::new();
    let long = 64 << 20;
    shop.write("end", "");
    let file = fs::File::options()
        .write(true)
        .open(shop.path("data/end"))
        .unwrap();
    file.write_all_at(b"begin", 0).unwrap();
    file.write_all_at(b"middle", long / 2).unwrap();
    file.set_len(long).unwrap();
    shop.write("none", vec![0; 3_000_000]);
    let root = shop.add();
    let stored: u64 = (shop.packs().iter())
        .map(|pack| pack.metadata().unwrap().len())
        .sum();
    assert!(stored < 100_000, "{stored}");
    let out = shop.path("out");
    shop.check_out(&root, &out, false).unwrap();
    assert_eq!(shop.tree(&out), shop.tree(&shop.path("data")));
    let taken = out.join("end").metadata().unwrap().blocks() * 512;
    assert!(taken < long / 4, "{taken}");
}

#[test]
fn a_check_out_takes_away_what_one_that_was_killed_left() {
    let shop = Shop::new();
    varied(&shop);
    let root = shop.add();
    let out = shop.path("out");
    let left = |name: &str| {
        let path = out.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "half").unwrap();
        path
    };
    let (above, below) = (left(".sconce-1.part"), left("many/.sconce-2.part"));
    let at_work = left("many/.sconce-3.part");
    let lock = fs::File::open(&at_work).unwrap();
    lock.lock().unwrap();
    shop.check_out(&root, &out, false).unwrap();
    assert!(!above.exists() && !below.exists() && at_work.exists());
}

#[test]
fn a_pipe_in_the_place_of_a_pack_is_damage_and_nobody_waits_for_it() {
    let shop = Shop::new();
    shop.write("a", noise(1, 300_000));
    let root = shop.add();
    let pack = shop.packs().remove(0);
    fs::remove_file(&pack).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &pack, 0o600.into()).unwrap();
    let refused = shop.check_out(&root, &shop.path("out"), false).unwrap_err();
    assert!(matches!(refused, Error::Pack { .. }), "{refused}");
    assert_eq!(shop.verify(&[&root]).damages.len(), 1);
}

#[test]
fn a_check_out_does_not_go_through_links() {
    let shop = Shop::new();
    shop.write("a/b/file", "ours");
    let root = shop.add();
    let (out, other) = (shop.path("out"), shop.path("other"));
    fs::create_dir_all(other.join("b")).unwrap();
    fs::create_dir(&out).unwrap();
    symlink(&other, out.join("a")).unwrap();
    let refused = shop.check_out(&root, &out, false).unwrap_err();
    assert!(matches!(refused, Error::InTheWay { .. }), "{refused}");
    shop.check_out(&root, &out, true).unwrap();
    assert!(!other.join("b/file").exists());
    assert_eq!(fs::read(out.join("a/b/file")).unwrap(), b"ours");
    // A folder is never taken away.
    fs::remove_file(out.join("a/b/file")).unwrap();
    fs::create_dir_all(out.join("a/b/file/precious")).unwrap();
    for replaces in [false, true] {
        let refused = shop.check_out(&root, &out, replaces).unwrap_err();
        assert!(matches!(refused, Error::InTheWay { .. }), "{refused}");
    }
    assert!(out.join("a/b/file/precious").exists());
}

#[test]
fn one_flipped_byte_is_found_and_named_and_never_given_out() {
    let shop = Shop::new();
    shop.write("bad", noise(1, 3_000_000));
    let old = shop.add();
    shop.write("good", noise(2, 1_000_000));
    let new = shop.add();
    fs::remove_file(shop.path("data/bad")).unwrap();
    let whole = shop.add();
    let pack = shop
        .packs()
        .into_iter()
        .max_by_key(|path| fs::metadata(path).unwrap().len());
    let pack = pack.unwrap();
    let mut bytes = fs::read(&pack).unwrap();
    bytes[1_500_000] ^= 1;
    fs::set_permissions(&pack, fs::Permissions::from_mode(0o640)).unwrap();
    fs::write(&pack, &bytes).unwrap();
    let found = shop.verify(&[&old, &new, &whole]);
    let named: Vec<_> = found
        .damages
        .iter()
        .map(|damage| (damage.version, damage.path.as_deref()))
        .collect();
    assert_eq!(named, [(0, Some("bad")), (1, Some("bad"))]);
    assert_eq!(found.packs_damaged.len(), 1);
    let out = shop.path("out");
    let refused = shop.check_out(&new, &out, false).unwrap_err();
    assert!(matches!(refused, Error::Damaged { .. }), "{refused}");
    assert!(!out.join("bad").exists());
    shop.check_out(&whole, &shop.path("out2"), false).unwrap();
}

#[test]
fn packs_speak_for_themselves_where_the_index_is_gone_or_wrong() {
    let shop = Shop::new();
    varied(&shop);
    let root = shop.add();
    let index = shop.vault.index();
    let whole = fs::read(&index).unwrap();
    let mut wrong = whole.clone();
    wrong[100] ^= 1;
    for content in [&wrong[..], &whole[..whole.len() / 2], b""] {
        fs::write(&index, content).unwrap();
        assert!(shop.verify(&[&root]).damages.is_empty());
    }
    // A pack cut short is named, and everything in it is missing.
    let pack = shop.packs().pop().unwrap();
    let bytes = fs::read(&pack).unwrap();
    fs::remove_file(&pack).unwrap();
    fs::write(&pack, &bytes[..bytes.len() - 9]).unwrap();
    let found = shop.verify(&[&root]);
    assert_eq!(found.packs_damaged.len(), 1);
    assert_eq!(found.damages[0].path, None);
    // The same content brings it back.
    assert_eq!(shop.add(), root);
    assert!(shop.verify(&[&root]).damages.is_empty());
}

#[test]
fn what_nothing_needs_goes_at_the_second_collection_a_day_later() {
    let shop = Shop::new();
    shop.write("kept", noise(1, 2_000_000));
    shop.write("gone", noise(2, 3_000_000));
    let old = shop.add();
    fs::remove_file(shop.path("data/gone")).unwrap();
    let new = shop.add();
    let nothing = shop.collect(1, &[&old, &new]);
    assert_eq!((nothing.unneeded, nothing.freed), (0, 0));
    assert!(3_000_000 <= nothing.own[0] && nothing.own[1] < 10_000);

    let first = shop.collect(2, &[&new]);
    assert!(3_000_000 <= first.unneeded);
    assert_eq!((first.freed, first.packs), (0, 0));
    assert_eq!(first.next, Some(Timestamp(3 * DAY)));
    // A clock that went back does not count.
    assert_eq!(shop.collect(1, &[&new]).freed, 0);
    let dry = shop.collect_or_look(9, &[&new], true);
    assert!(3_000_000 <= dry.freed);
    shop.verify(&[&old]);
    let second = shop.collect(9, &[&new]);
    assert!(3_000_000 <= second.freed);
    assert_eq!(second.packs, 1);
    assert!(shop.verify(&[&new]).damages.is_empty());
    assert!(!shop.verify(&[&old]).damages.is_empty());
    let left: u64 = shop
        .packs()
        .iter()
        .map(|pack| fs::metadata(pack).unwrap().len())
        .sum();
    assert!(left < 2_100_000, "{left}");
    // What came back meanwhile is stored again.
    shop.write("gone", noise(2, 3_000_000));
    assert_eq!(shop.add(), old);
    assert!(shop.verify(&[&old, &new]).damages.is_empty());
}

#[test]
fn nothing_is_collected_where_it_is_not_known_what_is_needed() {
    let shop = Shop::new();
    shop.write("file", noise(1, 100_000));
    let root = shop.add();
    let unknown = Hash::of(b"a version that is not here");
    let refused = shop.vault.collect(
        Timestamp(0),
        DAY,
        false,
        &mut Stay(vec![root.hash, unknown]),
        &Progress::default(),
    );
    assert!(matches!(refused, Err(Error::Missing { .. })));
}

#[test]
fn what_was_begun_and_not_sealed_is_swept_up() {
    let shop = Shop::new();
    shop.write("file", "x");
    let root = shop.add();
    let left = shop.vault.packs().join("4711.0.new");
    fs::write(&left, "half").unwrap();
    assert_eq!(shop.collect(1, &[&root]).unsealed, 1);
    assert!(!left.exists());
}

#[test]
fn unchanged_files_are_not_read_again_and_changes_are_told() {
    let shop = Shop::new();
    varied(&shop);
    // Older than the step of any file system's clock.
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    let root = shop.add();
    let status = |root: &Root| {
        let open = shop.vault.open().unwrap();
        open.status(&root.hash, &shop.sources(), &Progress::default())
            .unwrap()
    };
    assert_eq!(
        (status(&root).same, status(&root).changed.len()),
        (root.files, 0)
    );
    shop.write("new", "x");
    shop.write("many/5", "another length");
    shop.write("many/6", noise(66, 42));
    let times = fs::FileTimes::new().set_modified(old);
    let same_length = fs::File::options()
        .write(true)
        .open(shop.path("data/many/6"))
        .unwrap();
    same_length.set_times(times).unwrap();
    fs::remove_file(shop.path("data/many/7")).unwrap();
    fs::remove_file(shop.path("data/lost")).unwrap();
    symlink("elsewhere", shop.path("data/lost")).unwrap();
    let found = status(&root);
    assert_eq!(found.added, ["new"]);
    assert_eq!(found.changed, ["lost", "many/5", "many/6"]);
    assert_eq!(found.removed, ["many/7"]);
    assert_eq!(found.same, root.files - 4);
}

#[test]
fn what_was_read_once_is_not_read_again() {
    let shop = Shop::new();
    // Files that nobody changed while this was built.
    let source = Source {
        at: concat!(env!("CARGO_MANIFEST_DIR"), "/assets/data").into(),
        name: None,
    };
    let add = || {
        let mut open = shop.vault.open().unwrap();
        let sources = std::slice::from_ref(&source);
        open.add(sources, Keeping::Content, &Progress::default())
            .unwrap()
    };
    let (first, again) = (add(), add());
    assert_eq!(first.read, first.root.unwrap().bytes);
    assert_eq!((again.root, again.read), (first.root, 0));
    // Where the packs are gone, stamps are not believed.
    for pack in shop.packs() {
        fs::remove_file(pack).unwrap();
    }
    let third = add();
    assert_eq!((third.root, third.read), (first.root, first.read));
    assert!(shop.verify(&[&first.root.unwrap()]).damages.is_empty());
}

#[test]
fn a_file_that_cannot_be_added_adds_nothing() {
    let shop = Shop::new();
    shop.write("file", noise(1, 100_000));
    shop.write("z", "x");
    let interrupted = Progress::default();
    interrupted.is_interrupted.store(true, Ordering::Relaxed);
    let mut open = shop.vault.open().unwrap();
    let refused = open.add(&shop.sources(), Keeping::Content, &interrupted);
    assert!(matches!(refused, Err(Error::Interrupted)));
    drop(open);
    fs::remove_file(shop.path("data/z")).unwrap();
    let listener = std::os::unix::net::UnixListener::bind(shop.path("data/z")).unwrap();
    let refused = shop.try_add().unwrap_err();
    assert!(
        matches!(
            &refused,
            Error::Special {
                what: "a socket",
                ..
            }
        ),
        "{refused}"
    );
    drop(listener);
    assert_eq!(shop.packs(), Vec::<PathBuf>::new());
    assert_eq!(
        fs::read_dir(shop.vault.root.join("stamps"))
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn several_sources_have_names() {
    let shop = Shop::new();
    shop.write("b/x", "1");
    shop.write("a", "2");
    let named = |name: &str| Name::new(name.as_bytes().to_vec());
    let source = |at: &str, name: Option<Name>| Source {
        at: shop.path(at),
        name,
    };
    let add = |sources: &[Source]| {
        let mut open = shop.vault.open().unwrap();
        open.add(sources, Keeping::Content, &Progress::default())
    };
    let both = [
        source("data/b", named("train")),
        source("data/a", named("labels.csv")),
    ];
    let root = add(&both).unwrap().root.unwrap();
    let out = shop.path("out");
    shop.check_out(&root, &out, false).unwrap();
    assert_eq!(fs::read(out.join("train/x")).unwrap(), b"1");
    assert_eq!(fs::read(out.join("labels.csv")).unwrap(), b"2");
    let twice = [source("data/a", named("x")), source("data/b/x", named("x"))];
    assert!(matches!(add(&twice), Err(Error::Twice { .. })));
    let unnamed = [source("data", None), source("data/a", named("x"))];
    assert!(matches!(add(&unnamed), Err(Error::Twice { .. })));
    assert!(matches!(
        add(&[source("no", None)]),
        Err(Error::NotThere { .. })
    ));
}

#[test]
fn a_damaged_table_is_found_though_the_index_knows_better() {
    let shop = Shop::new();
    varied(&shop);
    let root = shop.add();
    let pack = shop.packs().pop().unwrap();
    let mut bytes = fs::read(&pack).unwrap();
    let in_table = bytes.len() - 30;
    bytes[in_table] ^= 1;
    fs::set_permissions(&pack, fs::Permissions::from_mode(0o640)).unwrap();
    fs::write(&pack, bytes).unwrap();
    let found = shop.verify(&[&root]);
    assert_eq!(found.packs_damaged.len(), 1, "{found:?}");
    // What the index alone can find is stored again: the same chunks in the same order are the same pack.
    assert_eq!(shop.add(), root);
    assert_eq!(shop.packs(), [pack]);
    assert_eq!(shop.try_add().unwrap().stored, 0);
    fs::remove_file(shop.vault.index()).unwrap();
    assert!(shop.verify(&[&root]).packs_damaged.is_empty());
    shop.check_out(&root, &shop.path("out"), false).unwrap();
    assert_eq!(shop.tree(&shop.path("out")), shop.tree(&shop.path("data")));
}

#[test]
fn a_store_is_no_place_for_files() {
    let shop = Shop::new();
    shop.write(".sconce/x", "x");
    let root = shop.add();
    let store = shop.path("out/.sconce");
    fs::create_dir_all(&store).unwrap();
    for name in ["store.db", "schema.lock"] {
        fs::write(store.join(name), "").unwrap();
    }
    for replaces in [false, true] {
        let refused = shop.check_out(&root, &shop.path("out"), replaces);
        assert!(
            matches!(refused, Err(Error::InTheWay { .. })),
            "{refused:?}"
        );
        for inside in [
            store.clone(),
            store.join("vault/packs"),
            store.join("../.sconce/a"),
        ] {
            let refused = shop.check_out(&root, &inside, replaces);
            assert!(matches!(refused, Err(Error::Store { .. })), "{refused:?}");
        }
    }
    assert_eq!(fs::read_dir(&store).unwrap().count(), 2);
}

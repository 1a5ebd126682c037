use std::{collections::BTreeSet, thread};

use super::*;
use crate::{domain::remotes, vault::pack};

/// A shop's remote, in a folder beside it.
fn remote(shop: &Shop) -> Remote {
    let at = remotes::Remote {
        name: "origin".to_owned(),
        url: shop.path("remote").display().to_string(),
        endpoint: None,
        region: None,
    };
    Remote::make(&at, &Progress::default()).unwrap()
}

fn push(shop: &Shop, to: &Remote, root: &Root) -> Pushed {
    let version = Version {
        root: &root.hash,
        is_reference: false,
    };
    let open = shop.vault.open().unwrap();
    open.push(to, &[version], &Progress::default()).unwrap()
}

fn pull(shop: &Shop, from: &Remote, packs: &[Hash]) -> Result<Pulled> {
    let packs: BTreeSet<Hash> = packs.iter().copied().collect();
    let mut open = shop.vault.open()?;
    open.pull(from, &packs, &Progress::default())
}

/// A version of one pack that was pushed, the pack's name and its bytes, and a shop that has nothing.
fn pushed() -> (Shop, Remote, Root, Hash, Vec<u8>, Shop) {
    let (shop, other) = (Shop::new(), Shop::new());
    shop.write("x", noise(1, 3_000_000));
    let root = shop.add();
    let remote = remote(&shop);
    let pushed = push(&shop, &remote, &root);
    let [pack] = pushed.packs[0][..] else {
        panic!("{:?}", pushed.packs);
    };
    let path = pack::path(&shop.path("remote/packs"), &pack);
    let bytes = fs::read(path).unwrap();
    // Its folders are there.
    drop(other.vault.open().unwrap());
    (shop, remote, root, pack, bytes, other)
}

#[test]
fn what_has_come_of_a_pack_is_gone_on_with() {
    let (shop, remote, root, pack, bytes, other) = pushed();
    let part = pack::part(&other.vault.packs(), &pack);
    fs::write(&part, &bytes[..2_000_000]).unwrap();
    let pulled = pull(&other, &remote, &[pack]).unwrap();
    assert_eq!(pulled.bytes, bytes.len() as u64 - 2_000_000);
    assert!(!part.exists());
    assert!(other.verify(&[&root]).damages.is_empty());
    other.check_out(&root, &other.path("out"), false).unwrap();
    assert_eq!(
        fs::read(other.path("out/x")).unwrap(),
        fs::read(shop.path("data/x")).unwrap()
    );
    assert_eq!(
        pull(&other, &remote, &[pack]).unwrap(),
        Pulled::default(),
        "it is here"
    );
}

#[test]
fn what_has_come_and_is_not_of_the_pack_is_thrown_away() {
    let (_shop, remote, root, pack, bytes, other) = pushed();
    let part = pack::part(&other.vault.packs(), &pack);
    let mut wrong = bytes.clone();
    wrong[1_000_000] ^= 1;
    for begun in [
        noise(9, 1_000),
        noise(9, bytes.len()),
        noise(9, bytes.len() + 1),
        wrong,
    ] {
        fs::write(&part, begun).unwrap();
        let pulled = pull(&other, &remote, &[pack]).unwrap();
        assert_eq!(pulled.packs, 1);
        assert!(other.verify(&[&root]).damages.is_empty());
        fs::remove_file(pack::path(&other.vault.packs(), &pack)).unwrap();
    }
}

#[test]
fn a_pack_that_is_damaged_there_leaves_nothing_here() {
    let (shop, remote, _, pack, bytes, other) = pushed();
    let path = pack::path(&shop.path("remote/packs"), &pack);
    let end = bytes.len();
    // In a chunk, in the table, in the trailer, cut short, empty, and not there.
    let flipped = |at: usize| {
        let mut wrong = bytes.clone();
        wrong[at] ^= 1;
        Some(wrong)
    };
    let cases = [
        flipped(1_000),
        flipped(end - 20),
        flipped(end - 10),
        flipped(end - 1),
        Some(bytes[..end / 2].to_vec()),
        Some(vec![]),
        None,
    ];
    for wrong in cases {
        let _ = fs::remove_file(&path);
        if let Some(wrong) = wrong {
            fs::write(&path, wrong).unwrap();
        }
        let pulled = pull(&other, &remote, &[pack]).unwrap();
        assert_eq!((pulled.packs, pulled.damaged), (0, [pack].into()));
        let left = fs::read_dir(other.vault.packs()).unwrap().count();
        assert_eq!(left, 0);
    }
}

#[test]
fn several_who_pull_the_same_at_once_have_it_once() {
    let (_shop, remote_of_all, root, pack, bytes, other) = pushed();
    let url = remote_of_all.url().to_owned();
    thread::scope(|scope| {
        let pulls: Vec<_> = (0..4)
            .map(|_| {
                let (other, url) = (&other, url.clone());
                scope.spawn(move || {
                    let at = remotes::Remote {
                        name: "origin".to_owned(),
                        url,
                        endpoint: None,
                        region: None,
                    };
                    let remote = Remote::open(&at, &Progress::default()).unwrap();
                    pull(other, &remote, &[pack]).unwrap().bytes
                })
            })
            .collect();
        let bytes_of_each = pulls.into_iter().map(|pull| pull.join().unwrap());
        assert_eq!(bytes_of_each.sum::<u64>(), bytes.len() as u64);
    });
    assert!(other.verify(&[&root]).damages.is_empty());
    assert_eq!(fs::read_dir(other.vault.packs()).unwrap().count(), 1);
}

#[test]
fn content_that_somebody_else_sent_does_not_travel_again() {
    let (_shop, remote, root, pack, _, other) = pushed();
    other.write("x", noise(1, 3_000_000));
    other.write("y", noise(2, 1_000));
    let more = other.add();
    assert_ne!(more.hash, root.hash);
    // One pack of its own, and the large file is in it: all but that file would have to go, so the whole pack does.
    let first = push(&other, &remote, &more);
    assert_eq!((first.sent, first.packs[0].contains(&pack)), (1, true));
    // All of it is there, in packs of other names.
    let third = Shop::new();
    third.write("x", noise(1, 3_000_000));
    third.write("z", noise(3, 1_000));
    third.add();
    fs::remove_file(third.path("data/z")).unwrap();
    let same = third.add();
    assert_eq!(same.hash, root.hash);
    let ours = third.packs();
    assert!(!ours.contains(&pack::path(&third.vault.packs(), &pack)));
    let none = push(&third, &remote, &same);
    assert_eq!((none.sent, none.bytes), (0, 0));
    assert_eq!(push(&third, &remote, &same).packs, none.packs);
}

#[test]
fn what_is_no_remote_is_not_taken_for_one() {
    let shop = Shop::new();
    let at = |url: PathBuf| remotes::Remote {
        name: "origin".to_owned(),
        url: url.display().to_string(),
        endpoint: None,
        region: None,
    };
    let progress = Progress::default();
    let refused = |made: Result<Remote>| matches!(made, Err(Error::NoRemote { .. }));
    fs::create_dir(shop.path("empty")).unwrap();
    assert!(refused(Remote::open(&at(shop.path("none")), &progress)));
    assert!(refused(Remote::open(&at(shop.path("empty")), &progress)));
    shop.write("x", "a");
    assert!(refused(Remote::make(&at(shop.path("data")), &progress)));
    assert!(Remote::make(&at(shop.path("no/such")), &progress).is_err());
    fs::write(shop.path("empty/sconce-remote.json"), r#"{"format":9}"#).unwrap();
    assert!(refused(Remote::make(&at(shop.path("empty")), &progress)));
}

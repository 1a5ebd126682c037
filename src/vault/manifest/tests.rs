use std::collections::HashMap;

use proptest::prelude::*;

use super::{
    compare::{Change, changes},
    *,
};

/// Chunks in memory.
#[derive(Default)]
struct Heap(HashMap<Hash, Vec<u8>>);

impl Keep for Heap {
    fn keep(&mut self, bytes: Vec<u8>) -> Result<Hash> {
        let hash = Hash::of(&bytes);
        self.0.insert(hash, bytes);
        Ok(hash)
    }
}

impl Heap {
    fn load(&self) -> impl FnMut(&Hash) -> Result<Vec<u8>> {
        |hash| {
            self.0
                .get(hash)
                .cloned()
                .ok_or(Error::Missing { hash: *hash })
        }
    }
}

fn name(path: &str) -> Name {
    Name::new(path.as_bytes().to_vec()).unwrap()
}

fn file(path: &str, content: u64) -> Entry {
    let pieces = vec![Piece {
        hash: Hash::of(&content.to_le_bytes()),
        length: 8,
    }];
    Entry {
        path: name(path),
        kind: Kind::File {
            size: 8,
            is_executable: content % 2 == 1,
            content: Content::Chunks(pieces),
        },
    }
}

fn build(heap: &mut Heap, entries: &[Entry]) -> Option<Root> {
    let mut builder = Builder::default();
    for entry in entries {
        builder.add(heap, entry.clone()).unwrap();
    }
    builder.finish(heap).unwrap()
}

fn many(count: u64) -> Vec<Entry> {
    (0..count)
        .map(|at| file(&format!("part-{:03}/{at:07}", at / 1000), at))
        .collect()
}

fn listed(heap: &Heap, root: &Root) -> Vec<Entry> {
    let mut entries = vec![];
    walk(&root.hash, &mut heap.load(), &mut |met| {
        match met {
            Met::Node(_) => {}
            Met::Entry(entry) => entries.push(entry),
            Met::Lost(error) => return Err(error),
        }
        Ok(())
    })
    .unwrap();
    entries
}

#[test]
fn a_path_cannot_leave_its_folder() {
    for wrong in ["", "/a", "a/", "a//b", ".", "..", "a/../b", "a/.", "a\0b"] {
        assert_eq!(Name::new(wrong.as_bytes().to_vec()), None, "{wrong:?}");
    }
    for right in ["a", ".a", "...", "a/..b", "a b/c\n"] {
        assert!(Name::new(right.as_bytes().to_vec()).is_some(), "{right:?}");
    }
    assert!(Name::new(vec![0xff, b'/', 0xfe]).is_some());
    assert_eq!(name("a\u{1b}[2J").shown(), "a\u{fffd}[2J");
}

#[test]
fn a_folder_s_files_stand_before_what_begins_with_its_name() {
    let mut names = ["a.b", "a/z", "a", "a-b", "b", "a/b"].map(name);
    names.sort();
    let expected = ["a", "a/b", "a/z", "a-b", "a.b", "b"].map(name);
    assert_eq!(names, expected);
}

#[test]
fn a_list_comes_back_as_it_was() {
    let mut heap = Heap::default();
    assert_eq!(build(&mut heap, &[]), None);
    for count in [1, 2, 127, 5_000] {
        let entries = many(count);
        let root = build(&mut heap, &entries).unwrap();
        assert_eq!((root.files, root.bytes), (count, 8 * count));
        assert_eq!(listed(&heap, &root), entries);
    }
}

#[test]
fn a_path_that_comes_twice_or_too_late_is_refused() {
    let mut heap = Heap::default();
    let mut builder = Builder::default();
    builder.add(&mut heap, file("b", 1)).unwrap();
    for path in ["b", "a"] {
        let refused = builder.add(&mut heap, file(path, 1));
        assert!(matches!(refused, Err(Error::Twice { .. })), "{path}");
    }
}

#[test]
fn a_change_costs_what_changed() {
    let mut heap = Heap::default();
    let mut entries = many(100_000);
    let old = build(&mut heap, &entries).unwrap();
    let before = heap.0.len();
    entries[54_321] = file("part-054/0054321", 7);
    entries.remove(70_000);
    entries.insert(20_000, file("part-019/new", 1));
    let new = build(&mut heap, &entries).unwrap();
    let (nodes, grown) = (heap.0.len(), heap.0.len() - before);
    assert!(grown <= 9, "{grown} of {nodes} nodes");

    let mut read = 0;
    let mut found = vec![];
    let mut load = heap.load();
    changes(
        &old,
        &new,
        &mut |hash| {
            read += 1;
            load(hash)
        },
        &mut |change| {
            found.push(change);
            Ok(())
        },
    )
    .unwrap();
    assert!(read <= 30, "{read} of {nodes} nodes");
    let paths: Vec<String> = found
        .iter()
        .map(|change| change.entry().path.shown())
        .collect();
    assert_eq!(
        paths,
        ["part-019/new", "part-054/0054321", "part-070/0070000"]
    );
    assert!(matches!(
        found[..],
        [Change::Added(_), Change::Changed(..), Change::Removed(_)]
    ));
}

#[test]
fn the_chunks_of_a_long_file_are_listed_so_that_a_change_costs_little() {
    let mut heap = Heap::default();
    let mut pieces: Vec<Piece> = (0..4096u64)
        .map(|at| Piece {
            hash: Hash::of(&at.to_le_bytes()),
            length: at as u32,
        })
        .collect();
    let old = Content::of(&mut heap, pieces.clone()).unwrap();
    let mut back = vec![];
    let mut take = |piece: &Piece| {
        back.push(*piece);
        Ok(())
    };
    old.pieces(&mut heap.load(), &mut take).unwrap();
    assert_eq!(back, pieces);
    let before = heap.0.len();
    pieces.insert(2000, pieces[7]);
    Content::of(&mut heap, pieces).unwrap();
    assert!(heap.0.len() <= before + 2);
}

fn kind() -> impl Strategy<Value = Kind> {
    let hash = any::<[u8; 32]>().prop_map(Hash::from_bytes);
    let piece = (any::<[u8; 32]>(), any::<u32>()).prop_map(|(hash, length)| Piece {
        hash: Hash::from_bytes(hash),
        length,
    });
    let content = prop_oneof![
        proptest::collection::vec(piece, 0..4).prop_map(Content::Chunks),
        proptest::collection::vec(hash, 0..4).prop_map(Content::Lists),
    ];
    let file = (any::<u64>(), any::<bool>(), content);
    prop_oneof![
        file.prop_map(|(size, is_executable, content)| Kind::File {
            size,
            is_executable,
            content
        }),
        any::<Vec<u8>>().prop_map(|target| Kind::Link { target }),
        Just(Kind::Folder),
    ]
}

fn entry() -> impl Strategy<Value = Entry> {
    let path = "[a-c]{1,2}(/[a-c.é]{1,3}){0,2}"
        .prop_filter_map("no path", |path| Name::new(path.into_bytes()));
    (path, kind()).prop_map(|(path, kind)| Entry { path, kind })
}

proptest! {
    #[test]
    fn a_node_reads_back_as_it_was_written(entries in proptest::collection::vec(entry(), 0..6)) {
        let node = Node::Leaf(entries);
        prop_assert_eq!(codec::decode(&codec::encode(&node)), Some(node));
    }

    #[test]
    fn what_reads_as_a_node_is_written_so(bytes in any::<Vec<u8>>(), kind in proptest::sample::select(b"LICx".to_vec())) {
        let bytes = [&[kind][..], &bytes].concat();
        if let Some(node) = codec::decode(&bytes) {
            prop_assert_eq!(codec::encode(&node), bytes.clone());
        }
        if let Some(list) = codec::decode_list(&bytes) {
            prop_assert_eq!(codec::encode_list(&list), bytes);
        }
    }

    #[test]
    fn a_comparison_finds_what_changed(
        old in proptest::collection::btree_map("[a-z]{1,3}", 0u64..3, 1..400),
        new in proptest::collection::btree_map("[a-z]{1,3}", 0u64..3, 1..400),
    ) {
        let entries = |map: &std::collections::BTreeMap<String, u64>| {
            map.iter().map(|(path, content)| file(path, *content)).collect::<Vec<_>>()
        };
        let mut heap = Heap::default();
        let (was, is) = (build(&mut heap, &entries(&old)).unwrap(), build(&mut heap, &entries(&new)).unwrap());
        prop_assert_eq!(was == is, old == new);
        let mut patched = old.clone();
        let mut last = None;
        changes(&was, &is, &mut heap.load(), &mut |change| {
            let path = change.entry().path.clone();
            assert!(last < Some(path.clone()));
            let key = path.shown();
            match change {
                Change::Removed(_) => assert!(patched.remove(&key).is_some()),
                Change::Added(_) => assert!(patched.insert(key.clone(), new[&key]).is_none()),
                Change::Changed(..) => assert_ne!(patched.insert(key.clone(), new[&key]), Some(new[&key])),
            }
            last = Some(path);
            Ok(())
        }).unwrap();
        prop_assert_eq!(patched, new);
    }
}

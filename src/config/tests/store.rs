//! Where the store is.

use super::*;

#[test]
fn the_store_is_found_from_the_nearest_word_on_it() {
    let mut space = Space::new();
    let find = |space: &Space, flag: Option<&str>| {
        let loaded = space.load(&[]).unwrap();
        places::find_store(&loaded, flag.map(Path::new)).unwrap()
    };
    assert_eq!(find(&space, None).path, space.path("home/data/store"));
    space.user("store.path = 'stores/{host}-{user}'\n");
    let found = find(&space, None);
    assert_eq!(found.path, space.path("home/config/stores/gpu01-ana"));
    assert!(
        found.why.to_string().contains("config.toml:1:14"),
        "{}",
        found.why
    );
    fs::write(space.path("work/.sconce"), "~/{user}/pointed\n").unwrap();
    let found = find(&space, None);
    assert_eq!(found.path, space.path("home/ana/pointed"));
    assert_eq!(found.why, places::Why::Pointer(space.path("work/.sconce")));
    fs::create_dir(space.path("work/deep/.sconce")).unwrap();
    assert_eq!(find(&space, None).path, space.path("work/deep/.sconce"));
    space.var("SCONCE_STORE", "here");
    assert_eq!(find(&space, None).path, space.path("work/deep/er/here"));
    assert_eq!(
        find(&space, Some("there")).path,
        space.path("work/deep/er/there")
    );
}

#[test]
fn a_pointer_that_points_nowhere_is_refused() {
    let space = Space::new();
    for text in ["", " \n", "one\ntwo\n"] {
        fs::write(space.path("work/.sconce"), text).unwrap();
        let loaded = space.load(&[]).unwrap();
        let error = places::find_store(&loaded, None).unwrap_err();
        assert!(matches!(error, Error::Pointer { .. }), "{text:?}: {error}");
    }
}

/// Such a link used to be passed over, and another store counted in silence.
#[test]
fn a_link_that_leads_nowhere_or_back_to_itself_is_refused() {
    for target in ["work/.sconce", "gone"] {
        let space = Space::new();
        let link = space.path("work/.sconce");
        std::os::unix::fs::symlink(space.path(target), &link).unwrap();
        let loaded = space.load(&[]).unwrap();
        let error = places::find_store(&loaded, None).unwrap_err();
        assert!(error.to_string().contains(".sconce"), "{target}: {error}");
        assert!(error.hint().is_some(), "{target}");
    }
}

//! The catalogue, files and tokens.

use jiff::Timestamp;
use machikura::catalog::*;
use machikura::store::{StoreError, catalog, files, tokens};

use crate::common::*;

#[test]
fn data_sets_are_listed_filtered_and_paged() {
    let (_database, db) = database();
    for dataset in ["331007_aed", "331007_toilet", "332020_aed", "332020_event"] {
        publish(&db, dataset, dataset, &ROWS);
    }
    let near_tokyo: [Cells; 1] = [["T", "東京", "", "35.6", "139.7", ""]];
    publish(&db, "332020_event", "東京", &near_tokyo);
    let list = |filter: DatasetFilter| -> Vec<String> {
        let page = db.read_blocking(|c| catalog::list_datasets(c, &filter, 100)).unwrap();
        assert_eq!(page.total, page.entries.len() as u64);
        page.entries.iter().map(|entry| entry.dataset.id.to_string()).collect()
    };
    let none = DatasetFilter::default;
    assert_eq!(list(none()), ["331007_aed", "331007_toilet", "332020_aed", "332020_event"]);
    assert_eq!(list(DatasetFilter { organization: Some("332020".into()), ..none() }).len(), 2);
    assert_eq!(list(DatasetFilter { standard: Some("aed".into()), ..none() }), ["331007_aed", "332020_aed"]);
    assert_eq!(list(DatasetFilter { words: vec!["市332020".into(), "ＡＥＤ".into()], ..none() }), ["332020_aed"]);
    assert_eq!(list(DatasetFilter { words: vec!["%".into()], ..none() }), [""; 0]);
    assert_eq!(list(DatasetFilter { words: vec!["a\0".into()], ..none() }), [""; 0]);
    assert_eq!(list(DatasetFilter { license: Some("CC0-1.0".into()), ..none() }), [""; 0]);
    let tokyo = BoundingBox { west: 139.0, south: 35.0, east: 140.0, north: 36.0 };
    assert_eq!(list(DatasetFilter { bounding_box: Some(tokyo), ..none() }), ["332020_event"]);
    let event = db.read_blocking(|c| catalog::find_dataset(c, &id("332020_event"))).unwrap().unwrap();
    let updated_since = Some(event.dataset.updated_at);
    assert_eq!(list(DatasetFilter { updated_since, ..none() }), ["332020_event"]);
    for (sort, first) in
        [(DatasetSort::Id, "331007_aed"), (DatasetSort::Title, "331007_aed"), (DatasetSort::Newest, "332020_event")]
    {
        let all = list(DatasetFilter { sort, ..none() });
        assert_eq!(all[0], first);
        let mut walked = Vec::new();
        let mut filter = DatasetFilter { sort, ..none() };
        loop {
            let page = db.read_blocking(|c| catalog::list_datasets(c, &filter, 1)).unwrap();
            assert_eq!((page.entries.len(), page.total), (1, 4));
            walked.push(page.entries[0].dataset.id.to_string());
            match page.next {
                Some(_) => filter.after = page.next,
                None => break,
            }
        }
        assert_eq!(walked, all);
    }
    let described =
        DatasetDescription { title: "新しい題".into(), license: "CC0-1.0".into(), ..event.dataset.description };
    assert!(db.write_blocking(|c| catalog::describe(c, &id("332020_event"), &described, &Actor::default())).unwrap());
    assert_eq!(list(DatasetFilter { license: Some("CC0-1.0".into()), ..none() }), ["332020_event"]);
    publish(&db, "332020_event", "新版", &near_tokyo);
    assert_eq!(list(DatasetFilter { words: vec!["新しい題".into()], ..none() }), ["332020_event"]);
}

#[test]
fn files_come_back_byte_for_byte() {
    use sha2::Digest as _;
    let (_database, db) = database();
    for length in [0, 1, files::PIECE - 1, files::PIECE, files::PIECE + 1, 3 * files::PIECE] {
        let bytes: Vec<u8> = (0..length).map(|index| (index * 31 % 251) as u8).collect();
        let sha256 = Digest(sha2::Sha256::digest(&bytes).into());
        assert_eq!(db.read_blocking(|c| files::size(c, sha256)).unwrap(), None);
        for _ in 0..2 {
            let stored = db.write_blocking(|c| files::put(c, sha256, &mut bytes.as_slice())).unwrap();
            assert_eq!(stored, length as u64);
        }
        assert_eq!(db.read_blocking(|c| files::size(c, sha256)).unwrap(), Some(length as u64));
        let mut back = Vec::new();
        assert_eq!(db.read_blocking(|c| files::get(c, sha256, &mut back)).unwrap(), Some(length as u64));
        assert_eq!(back, bytes);
    }
    let wrong = Digest([7; 32]);
    let put = db.write_blocking(|c| files::put(c, wrong, &mut &b"abc"[..]));
    assert!(matches!(put, Err(StoreError::WrongDigest(_))));
    assert_eq!(db.read_blocking(|c| files::size(c, wrong)).unwrap(), None);
    assert_eq!(db.read_blocking(|c| files::get(c, wrong, &mut Vec::new())).unwrap(), None);
}

#[test]
fn tokens_open_what_they_should() {
    let (_database, db) = database();
    let new = tokens::NewToken {
        organization: Some("331007".into()),
        role: AccessRole::Publisher,
        label: "課".into(),
        expires_at: None,
    };
    let create = |new: &tokens::NewToken, seed: u8| db.write_blocking(|c| tokens::create(c, new, [seed; 32]));
    let who = |clear: &str| db.read_blocking(|c| tokens::authenticate(c, clear)).unwrap();
    let (clear, holder) = create(&new, 1).unwrap();
    assert!(clear.starts_with("mk_") && clear.len() == 67);
    assert_eq!(who(&clear), Some(holder.clone()));
    assert_eq!((who(&clear[..66]), who("mk_"), who(""), who("mk_\0")), (None, None, None, None));
    let used_at = Timestamp::from_second(1_900_000_000).unwrap();
    db.write_blocking(|c| tokens::touch(c, holder.id, used_at)).unwrap();
    db.write_blocking(|c| tokens::touch(c, holder.id, Timestamp::from_second(1_900_000_030).unwrap())).unwrap();
    assert_eq!(who(&clear).unwrap().last_used_at, Some(used_at));
    assert!(!db.write_blocking(|c| tokens::revoke(c, holder.id, Some("332020"))).unwrap());
    assert!(db.write_blocking(|c| tokens::revoke(c, holder.id, Some("331007"))).unwrap());
    assert_eq!(who(&clear), None);
    let expired = tokens::NewToken { expires_at: Some(Timestamp::from_second(1).unwrap()), ..new.clone() };
    assert_eq!(who(&create(&expired, 2).unwrap().0), None);
    let operator = tokens::NewToken { organization: None, role: AccessRole::Operator, ..new.clone() };
    assert_eq!(who(&create(&operator, 3).unwrap().0).unwrap().role, AccessRole::Operator);
    let unknown = tokens::NewToken { organization: Some("999999".into()), ..new };
    assert!(matches!(create(&unknown, 4), Err(StoreError::UnknownOrganization(_))));
    assert_eq!(db.read_blocking(|c| tokens::list(c, Some("331007"))).unwrap().len(), 2);
    assert_eq!(db.read_blocking(|c| tokens::list(c, None)).unwrap().len(), 3);
}

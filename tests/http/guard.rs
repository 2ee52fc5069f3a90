//! `PUT /api/v1/datasets/{id}` where something is published: what needs a confirmation, and `dry_run`.

use machikura::http::problem::Code;
use machikura::store::{audit, catalog};
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::call::{Call, errors};
use crate::support::tables::{id, rows, sample, sample_named, table, table_of, with_column};

const ADDRESS: &str = "/api/v1/datasets/331007_aed";

/// Everything a reader can see of a data set.
fn view(app: &TestApp) -> Vec<String> {
    let parts = ["", "/versions", "/records", "/download.csv", "/download.source"];
    parts.iter().map(|part| app.get(&format!("{ADDRESS}{part}")).text()).collect()
}

/// So many AEDs in a row, every one with a name, a remark and a place of its own.
fn aeds(count: usize, change: impl Fn(usize, &mut dyn FnMut(&str, &str))) -> String {
    table("aed", count, |number, set| {
        set("名称", &format!("第{number}公民館"));
        set("備考", "点検済み");
        set("緯度", &format!("34.{}", 600 + number));
        set("経度", "133.9");
        change(number, set);
    })
}

fn put(app: &TestApp, query: &str, table: impl Into<Vec<u8>>) -> Call {
    let token = app.token_for("331007");
    app.put(&format!("{ADDRESS}{query}"), table).token(&token)
}

/// The rules that wait for a confirmation.
fn unconfirmed(problem: &Value) -> Vec<String> {
    errors(problem).iter().map(|error| error["value"].as_str().expect("a rule").to_owned()).collect()
}

/// Publishes `before`, then `after`, which must be refused for `rule` alone, and then with its confirmation.
fn must_be_confirmed(before: &str, after: &str, query: &str, rule: &str) {
    let app = TestApp::spawn();
    app.publish("331007_aed", before);
    let seen = view(&app);
    for dry in ["", "&dry_run=true"] {
        let problem = put(&app, &format!("?{query}{dry}"), after).fails(Code::Unconfirmed);
        assert_eq!(unconfirmed(&problem), [rule], "{problem}");
        assert_eq!(problem["errors"][0]["parameter"], "confirm");
        assert!(problem["report"]["by_code"][rule].is_u64());
        assert!(problem["hint"].as_str().is_some_and(|hint| hint.contains(&format!("confirm={rule} "))), "{problem}");
        assert_eq!(view(&app), seen, "{rule}");
    }
    let other = if rule == "moved-points" { "row-collapse" } else { "moved-points" };
    put(&app, &format!("?{query}&confirm={other}"), after).fails(Code::Unconfirmed);
    assert_eq!(view(&app), seen);
    let confirmed = put(&app, &format!("?{query}&confirm={other},%20{rule}"), after).expect(200).json();
    assert_eq!((&confirmed["version"], &confirmed["report"]["by_code"][rule]), (&json!(2), &json!(1)));
    assert_eq!(rows(&app.get(&format!("{ADDRESS}/download.csv?bom=false")).text()).len(), rows(after).len());
    // The confirmation stays in the stored report and in the audit.
    let dataset = catalog_key("331007_aed");
    let entry = app.db.read_blocking(|c| catalog::find_dataset(c, &dataset)).expect("read").expect("it is there");
    let report = app.db.read_blocking(|c| catalog::report(c, entry.tables[0].key)).expect("read").expect("a report");
    assert_eq!((&report["by_code"][rule], &report["issues"][0]["severity"]), (&json!(1), &json!("warning")));
    let audit = app.db.read_blocking(|c| audit::list(c, Some("331007"), None, 10)).expect("read");
    assert_eq!(audit[0].detail["confirmed"], json!([rule]));
    assert_eq!(audit[1].detail.get("confirmed"), None);
}

fn catalog_key(id: &str) -> machikura::catalog::DatasetId {
    machikura::catalog::DatasetId::parse(id).expect("an id")
}

#[test]
fn a_table_that_has_shrunk() {
    must_be_confirmed(&aeds(25, |_, _| {}), &aeds(12, |_, _| {}), "", "row-collapse");
}

#[test]
fn records_under_new_ids() {
    let renumbered = aeds(6, |number, set| {
        set("ID", &id(if number < 2 { number } else { number + 100 }));
    });
    must_be_confirmed(&aeds(6, |_, _| {}), &renumbered, "", "renumbered-ids");
}

#[test]
fn places_that_have_moved() {
    let moved = aeds(20, |number, set| {
        if number % 6 == 0 {
            set("経度", "133.92");
        }
    });
    must_be_confirmed(&aeds(20, |_, _| {}), &moved, "", "moved-points");
}

#[test]
fn columns_that_have_lost_everything() {
    let emptied = aeds(4, |_, set| set("備考", ""));
    let before = aeds(4, |number, set| {
        if number % 2 == 0 {
            set("備考", "");
        }
    });
    must_be_confirmed(&before, &emptied, "", "emptied-column");
    // Columns of the publisher's own are known by their names.
    let own = |name: &str| with_column(&aeds(4, |_, _| {}), name, |number| number.to_string());
    must_be_confirmed(&own("点検"), &own("点検月"), "", "emptied-column");
    // What nobody can read is as good as empty.
    let unread = aeds(4, |_, set| set("高度の値", "一"));
    must_be_confirmed(&aeds(4, |_, _| {}), &unread, "nonconforming=publish", "emptied-column");
}

#[test]
fn characters_that_were_lost() {
    let lost = aeds(4, |number, set| {
        if number == 1 {
            set("備考", "点\u{fffd}済み");
        }
    });
    must_be_confirmed(&aeds(4, |_, _| {}), &lost, "nonconforming=publish", "new-mojibake");
}

#[test]
fn several_things_at_once_are_confirmed_together() {
    let app = TestApp::spawn();
    app.publish("331007_aed", aeds(30, |_, _| {}));
    let after = aeds(3, |number, set| {
        set("備考", "");
        set("ID", &id(number + 100));
    });
    let all = ["row-collapse", "renumbered-ids", "emptied-column"];
    let problem = put(&app, "", after.as_str()).fails(Code::Unconfirmed);
    assert_eq!(unconfirmed(&problem), all);
    assert_eq!(errors(&problem)[2]["detail"].as_str().map(|text| text.contains("備考")), Some(true));
    let problem = put(&app, "?confirm=emptied-column", after.as_str()).fails(Code::Unconfirmed);
    assert_eq!(unconfirmed(&problem), all[..2]);
    put(&app, &format!("?confirm={}", all.join(",")), after.as_str()).expect(200);
    // The same again is nothing new, and nothing to be confirmed.
    assert_eq!(put(&app, "", after).expect(200).json()["unchanged"], true);
}

#[test]
fn what_may_be_a_secret_is_confirmed_before_the_first_publication_too() {
    let app = TestApp::spawn();
    // Twelve digits with a fitting check digit.
    let table = aeds(2, |_, set| set("備考", "受付番号 123456789018"));
    for query in ["", "?dry_run=true", "?confirm=row-collapse", "?nonconforming=publish"] {
        let problem = put(&app, query, table.as_str()).fails(Code::Unconfirmed);
        assert_eq!(unconfirmed(&problem), ["my-number"], "{query}");
        assert!(!problem.to_string().contains("123456789018"));
    }
    app.get(ADDRESS).fails(Code::NotFound);
    let body = put(&app, "?confirm=my-number", table).expect(201).json();
    assert_eq!(body["report"]["by_code"]["my-number"], 2);
    let audit = app.db.read_blocking(|c| audit::list(c, Some("331007"), None, 10)).expect("read");
    assert_eq!(audit[0].detail["confirmed"], json!(["my-number"]));
}

#[test]
fn ordinary_changes_need_no_confirmation() {
    let app = TestApp::spawn();
    app.publish("331007_aed", aeds(20, |_, _| {}));
    let new_town = |number: usize| id(number + 500);
    for (what, table) in [
        ("ten rows fewer", aeds(10, |_, _| {})),
        ("as many again", aeds(20, |_, _| {})),
        (
            "two places moved",
            aeds(20, |number, set| {
                if number < 2 {
                    set("経度", "135.0")
                }
            }),
        ),
        ("all places moved a little", aeds(20, |_, set| set("経度", "133.901"))),
        (
            "one remark left",
            aeds(20, |number, set| {
                if number > 0 {
                    set("備考", "")
                }
            }),
        ),
        ("no remark, of which few were", aeds(20, |_, set| set("備考", ""))),
        (
            "other things under other ids",
            aeds(20, |number, set| {
                set("ID", &new_town(number));
                set("名称", &format!("第{number}小学校"));
            }),
        ),
    ] {
        let answer = put(&app, "", table).send();
        assert_eq!(answer.status, 200, "{what}: {}", answer.text());
    }
}

#[test]
fn only_what_can_be_confirmed_can_be_confirmed() {
    let app = TestApp::spawn();
    for (wrong, near) in [("row-colapse", "row-collapse"), ("emptied-column,hidden-contents", "hidden-content")] {
        let problem = put(&app, &format!("?confirm={wrong}"), sample("aed")).fails(Code::InvalidParameter);
        assert!(problem["hint"].as_str().is_some_and(|hint| hint.contains(near)), "{problem}");
    }
    put(&app, "?confirm=date-format", sample("aed")).fails(Code::InvalidParameter);
    app.get(ADDRESS).fails(Code::NotFound);
    put(&app, "?confirm=", sample("aed")).expect(201);
}

#[test]
fn tables_of_one_data_set_are_compared_with_their_own_kind() {
    let app = TestApp::spawn();
    app.publish("331007_school_district", sample("school_district"));
    app.publish("331007_school_district", sample_named("school_district-metadata"));
}

#[test]
fn a_dry_run_does_everything_and_keeps_nothing() {
    let app = TestApp::spawn();
    let dry = |table: String| put(&app, "?dry_run=true&nonconforming=publish", table).expect(200).json();
    let body = dry(aeds(20, |_, set| set("緯度", "北")));
    assert_eq!((&body["version"], &body["created"], &body["records"]), (&Value::Null, &json!(false), &json!(20)));
    assert_eq!((&body["dry_run"], &body["report"]["valid"]), (&json!(true), &json!(false)));
    app.get(ADDRESS).fails(Code::NotFound);
    app.publish("331007_aed", aeds(20, |_, _| {}));
    let seen = view(&app);
    let body = dry(aeds(15, |_, _| {}));
    assert_eq!((&body["version"], &body["unchanged"]), (&json!(1), &json!(false)));
    let body = dry(aeds(20, |_, _| {}));
    assert_eq!((&body["version"], &body["unchanged"]), (&json!(1), &json!(true)));
    let collapsed = put(&app, "?dry_run=true&confirm=row-collapse", aeds(5, |_, _| {})).expect(200).json();
    assert_eq!((&collapsed["version"], &collapsed["report"]["by_code"]["row-collapse"]), (&json!(1), &json!(1)));
    put(&app, "?dry_run=true", aeds(15, |_, _| {})).header("If-Match", "\"2\"").fails(Code::PreconditionFailed);
    assert_eq!(view(&app), seen);
    let audit = app.db.read_blocking(|c| audit::list(c, Some("331007"), None, 10)).expect("read");
    assert_eq!(audit.len(), 1);
    // What cannot be published for other reasons cannot be rehearsed either.
    put(&app, "?dry_run=true", table_of("aed", &[&[("備考", "\u{fffd}")]])).fails(Code::Nonconforming);
}

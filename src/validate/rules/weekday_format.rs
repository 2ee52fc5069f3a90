//! Weekdays in another form than a run from Monday.

use crate::schema::{Field, Kind};
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct WeekdayFormat;

impl Rule for WeekdayFormat {
    fn id(&self) -> &'static str {
        "weekday-format"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "曜日は月曜から順に「月火水木金」のように続けて記載してください（区切り、「～」、「毎日」、説明は書きません）。{0}",
            en: "Write weekdays from Monday in one run, such as 月火水木金, without separators, ranges or words. {1}",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "標準は利用できる曜日の字を月から順に並べます。祝日や休みの説明は特記事項に書きます（共通ルール 5）。",
            en: "The standard strings the open days together from Monday; remarks on holidays go to the remarks column (common rules, section 5).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let kind = field.kind;
        matches!(kind, Kind::WeekdayList).then(|| -> Box<dyn CellCheck> {
            Box::new(move |cell: Cell<'_>| {
                kind.check(cell.text).err()?;
                Some(Fault::saying(Severity::Warning, diagnosis(cell.text, kind)))
            })
        })
    }
}

fn diagnosis(text: &str, kind: Kind) -> Text {
    if kind.normalise(text).is_some() {
        OTHER_FORM
    } else if text.contains('祝') {
        HOLIDAYS
    } else if kind.propose(text).is_some() {
        SUMMARY
    } else {
        WORDS
    }
}

const OTHER_FORM: Text =
    Text { ja: "「{value}」は別の書き方です。", en: "\"{value}\" is written otherwise." };
const HOLIDAYS: Text = Text {
    ja: "「{value}」には祝日のことが書かれています。祝日は特記事項に書いてください。",
    en: "\"{value}\" speaks of public holidays; they belong in the remarks.",
};
const SUMMARY: Text = Text {
    ja: "「{value}」は曜日の字に直してください。祝日の扱いは特記事項に書いてください。",
    en: "Write \"{value}\" as the days themselves; what holds on public holidays belongs in the remarks.",
};
const WORDS: Text = Text {
    ja: "「{value}」には曜日でない言葉があります。説明は特記事項に書いてください。",
    en: "\"{value}\" holds words that are no weekdays; they belong in the remarks.",
};

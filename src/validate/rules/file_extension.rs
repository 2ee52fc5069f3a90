//! A file name whose extension lies about the content.

use crate::tabular::Container;
use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule};

/// See the module.
pub struct FileExtension;

impl Rule for FileExtension {
    fn id(&self) -> &'static str {
        "file-extension"
    }

    fn level(&self) -> Level {
        Level::File
    }

    fn vanishes_when_rewritten(&self) -> bool {
        true
    }

    fn message(&self) -> Text {
        Text {
            ja: "ファイル名の末尾は「{0}」ですが、中身は {1} です。中身に合わせて読み取りました。",
            en: "The file name ends in \"{0}\", but the content is {1}; it was read by its content.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "拡張子と中身が違うと、利用者のソフトが開けないことがあります。",
            en: "A wrong extension keeps other people's software from opening the file.",
        }
    }

    fn examine(&self, intake: &Intake<'_>, findings: &mut Findings) {
        let Some((_, extension)) = intake.upload.name().and_then(|name| name.rsplit_once('.')) else { return };
        let expected: &[&str] = match intake.document.container {
            Container::Text => &["csv", "tsv", "txt"],
            Container::Xlsx => &["xlsx", "xlsm", "xlsb"],
            Container::Xls => &["xls"],
            Container::Zip => &["zip"],
        };
        let known = ["csv", "tsv", "txt", "xlsx", "xlsm", "xlsb", "xls", "zip"];
        let extension = extension.to_ascii_lowercase();
        if known.contains(&extension.as_str()) && !expected.contains(&extension.as_str()) {
            let details = [format!(".{extension}"), intake.document.container.as_str().to_owned()];
            findings.add(Finding::new(&FileExtension, Severity::Info).with_details(details));
        }
    }
}

//! What to do next, in plain words: the same in every format that people read.

use super::Report;
use crate::text::Lang;
use crate::validate::findings::Severity;
use crate::validate::rule::Class;

/// So many entries are named; of more, so many are.
const NAMED: usize = 5;

impl Report {
    /// Whether the file can be published, as a headline.
    pub(super) fn verdict(&self, lang: Lang) -> &'static str {
        match (self.is_valid(), lang) {
            (true, Lang::Ja) => "適合（公開できます）",
            (true, Lang::En) => "conforms; it can be published",
            (false, Lang::Ja) => "不適合（このままでは公開できません）",
            (false, Lang::En) => "does not conform; it cannot be published as it is",
        }
    }

    /// What to do, one sentence each.
    pub(super) fn next_steps(&self, lang: Lang) -> Vec<String> {
        let is_ja = lang == Lang::Ja;
        let mut steps = Vec::new();
        if self.is_valid() {
            let step = if is_ja { "このまま公開できます。" } else { "It can be published as it is." };
            steps.push(step.to_owned());
        }
        if self.fixable > 0 {
            let (fixable, all) = (self.fixable, self.findings());
            steps.push(if is_ja {
                format!("自動修正（machikura fix）で {all} 件のうち {fixable} 件が直ります。")
            } else {
                format!("`machikura fix` mends {fixable} of {all} by itself.")
            });
        }
        let likely: u64 =
            self.fix_plan.iter().filter(|entry| entry.class == Some(Class::Likely)).map(|entry| entry.cells).sum();
        if likely > 0 {
            steps.push(if is_ja {
                format!("ほかに {likely} 個のセルは、おそらくこうだという値を補えます（machikura fix --fix likely）。結果を確かめてください。")
            } else {
                format!("{likely} more cells can be given a probable value (`machikura fix --fix likely`); look at the result.")
            });
        }
        steps.extend(self.left(Severity::Error, lang));
        steps.extend(self.left(Severity::Warning, lang));
        if !self.is_valid() {
            let step = if is_ja {
                "直したら、もう一度検査してください。エラーがなくなれば公開できます。"
            } else {
                "Then check again. Without errors the file can be published."
            };
            steps.push(step.to_owned());
        }
        steps
    }

    /// What nothing but a person can mend.
    fn left(&self, severity: Severity, lang: Lang) -> Option<String> {
        let groups = self.groups();
        let left: Vec<(String, u64)> = groups
            .iter()
            .filter(|group| group.alike.severity == severity && group.tally.count > group.tally.fixable)
            .map(|group| {
                let label = group.label(lang);
                let name = if label.is_empty() { group.alike.rule.to_owned() } else { label };
                (name, group.tally.count - group.tally.fixable)
            })
            .collect();
        let count: u64 = left.iter().map(|(_, count)| count).sum();
        if count == 0 {
            return None;
        }
        let word = severity.title().get(lang);
        let names = left.iter().take(NAMED);
        Some(if lang == Lang::Ja {
            let names: Vec<String> = names.map(|(name, count)| format!("「{name}」{count} 件")).collect();
            let more = if left.len() > NAMED { " など" } else { "" };
            format!("ご自身で直す{word}は {count} 件です: {}{more}。", names.join("、"))
        } else {
            let names: Vec<String> = names.map(|(name, count)| format!("{name} ({count})")).collect();
            let more = if left.len() > NAMED { " and others" } else { "" };
            format!("Left for you, {word}s: {count}. {}{more}.", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::text::Lang;
    use crate::validate::report::format::tests::checked;

    #[test]
    fn steps_follow_from_what_was_found() {
        let head = "全国地方公共団体コード,ID,名称,緯度,経度,設置位置,開始時間\n";
        for (row, valid, expected) in [
            ("331007,A1,名,34.6,133.9,1階,9時\n", false, "自動修正（machikura fix）で"),
            ("331007,A1,名,34.6,133.9,1階,いつか\n", false, "「開始時間」1 件"),
            ("331007,A1,名,34.6,133.9,1階,いつか\n", false, "もう一度検査してください"),
        ] {
            let report = checked(format!("{head}{row}"), "331007_aed.csv").report;
            let steps = report.next_steps(Lang::Ja).join("\n");
            assert_eq!((report.is_valid(), steps.contains(expected)), (valid, true), "{steps}");
        }
        let sample = crate::standard::Registry::embedded().find("aed").unwrap().main_table().current().sample.clone();
        let clean = checked(sample.unwrap(), "331007_aed.csv").report;
        assert_eq!(clean.next_steps(Lang::Ja), ["このまま公開できます。"]);
        assert_eq!(clean.next_steps(Lang::En), ["It can be published as it is."]);
    }
}

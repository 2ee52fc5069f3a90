//! What was decided about one publisher's files of one data set, so that next month's file of the same shape needs no
//! decision: which corrections to apply, which column means what, and what to write where a cell is empty.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rule::Class;
use super::rules;
use crate::text::Bilingual;

/// Decisions about a repair. Everything may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Recipe {
    /// 標準 / slug of the data set
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard: Option<String>,
    /// 公開する団体のコード / code of the publisher
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// どこまで直すか（lossless: 確実なものだけ、likely: おそらく正しいものも） / how far to go
    #[serde(default)]
    pub fix: Class,
    /// 規則ごとの入・切（`fix` より優先） / rules switched on or off, whatever `fix` says
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<String, bool>,
    /// 見出し → 項目名（空文字列: 標準の項目ではない） / heading to field; an empty text: no field of the standard
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, String>,
    /// 項目名 → 空のセルに入れる値 / field of the current edition to the value for its empty cells
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

/// Why a text is no recipe.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// It is not the JSON of a recipe.
    #[error("not a recipe: {0}")]
    Json(#[from] serde_json::Error),
    /// A rule is named that there is not.
    #[error("there is no rule \"{name}\"{}", nearest.map(|rule| format!("; did you mean \"{rule}\"?")).unwrap_or_default())]
    UnknownRule {
        /// The name.
        name: String,
        /// The rule most like it.
        nearest: Option<&'static str>,
    },
}

impl RecipeError {
    /// What is wrong, in both languages.
    pub fn text(&self) -> Bilingual {
        let ja = match self {
            RecipeError::Json(error) => format!("レシピの JSON ではありません（{error}）。"),
            RecipeError::UnknownRule { name, nearest: Some(near) } => {
                format!("規則「{name}」はありません。{near} のことですか。")
            }
            RecipeError::UnknownRule { name, nearest: None } => {
                format!("規則「{name}」はありません。規則の名前は検査結果に出ます。")
            }
        };
        Bilingual { ja, en: self.to_string() }
    }
}

impl Recipe {
    /// Reads a recipe.
    ///
    /// # Errors
    /// [`RecipeError`].
    pub fn from_json(json: &str) -> Result<Recipe, RecipeError> {
        let recipe: Recipe = serde_json::from_str(json)?;
        recipe.rules.keys().try_for_each(|name| known_rule(name).map(|_| ()))?;
        Ok(recipe)
    }

    /// The recipe as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a recipe has only string keys")
    }

    /// Switches rules on, and those with `-` in front off: `us-date,-kana`.
    ///
    /// # Errors
    /// [`RecipeError::UnknownRule`].
    pub fn switch(&mut self, rules: &str) -> Result<(), RecipeError> {
        for name in rules.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let (name, is_on) = name.strip_prefix('-').map_or((name, true), |name| (name, false));
            self.rules.insert(known_rule(name)?.to_owned(), is_on);
        }
        Ok(())
    }

    /// Whether a correction is to be applied.
    pub fn allows(&self, rule: &str, class: Class) -> bool {
        self.rules.get(rule).copied().unwrap_or(class <= self.fix)
    }
}

fn known_rule(name: &str) -> Result<&'static str, RecipeError> {
    rules::find(name).map(|rule| rule.id()).ok_or_else(|| RecipeError::UnknownRule {
        name: name.to_owned(),
        nearest: crate::schema::nearest(name, rules::RULES.iter().map(|rule| rule.id())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_switched_whatever_the_class() {
        let mut recipe = Recipe::default();
        assert!(recipe.allows("kana", Class::Lossless) && !recipe.allows("date-format", Class::Likely));
        recipe.switch("date-format, -kana").expect("both are rules");
        assert!(!recipe.allows("kana", Class::Lossless) && recipe.allows("date-format", Class::Likely));
        assert_eq!(Recipe::from_json(&recipe.to_json()).expect("its own text"), recipe);
    }

    #[test]
    fn what_is_not_known_is_said() {
        let error = Recipe::default().switch("date-fromat").expect_err("misspelt");
        assert_eq!(error.to_string(), "there is no rule \"date-fromat\"; did you mean \"date-format\"?");
        assert!(Recipe::from_json("{\"fixx\": \"likely\"}").is_err());
        assert!(Recipe::from_json("{\"rules\": {\"nothing\": true}}").is_err());
    }
}

//! Query parameters: decoded once, and none that is unknown is passed over.

use actix_web::HttpRequest;
use percent_encoding::percent_decode_str;

use super::problem::Problem;
use crate::query::QueryError;
use crate::schema::nearest;
use crate::text::{Bilingual, Lang, nfkc};

/// The parameters of a request, in their order.
#[derive(Clone, Debug)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Decodes the query string of a request.
    ///
    /// # Errors
    /// A problem for text that is not percent-encoded UTF-8.
    pub fn of(request: &HttpRequest) -> Result<Parameters, Problem> {
        let decode = |part: &str| {
            let spaced = part.replace('+', " ");
            percent_decode_str(&spaced).decode_utf8().map(std::borrow::Cow::into_owned).map_err(|_| {
                Problem::parameter(
                    &part.chars().take(100).collect::<String>(),
                    "",
                    "パラメータは UTF-8 をパーセントエンコードして送ってください。",
                    "Parameters must be percent-encoded UTF-8.",
                )
                .hint("curl では -G --data-urlencode '名称=…' と書けます。", "With curl use -G --data-urlencode.")
            })
        };
        request
            .query_string()
            .split('&')
            .filter(|part| !part.is_empty())
            .map(|part| part.split_once('=').unwrap_or((part, "")))
            .map(|(name, value)| Ok((decode(name)?, decode(value)?)))
            .collect::<Result<_, Problem>>()
            .map(Parameters)?
            .with_known_language()
    }

    /// The names of parameters in a query string, as far as the log has room for them.
    pub fn names_in(query: &str) -> String {
        let names = query.split('&').map(|part| part.split_once('=').map_or(part, |(name, _)| name));
        let names = names.collect::<Vec<_>>().join("&");
        percent_decode_str(&names).decode_utf8_lossy().chars().take(200).collect()
    }

    /// Every operation takes `lang`.
    fn with_known_language(self) -> Result<Parameters, Problem> {
        match self.get("lang") {
            None | Some("ja" | "en") => Ok(self),
            Some(other) => Err(Problem::parameter("lang", other, "lang は ja か en です。", "lang is ja or en.")),
        }
    }

    /// As [`Parameters::of`], where only these names are known.
    ///
    /// # Errors
    /// A problem that names every unknown parameter, and what was probably meant.
    pub fn only(request: &HttpRequest, known: &[&str]) -> Result<Parameters, Problem> {
        let parameters = Parameters::of(request)?;
        let unknown: Vec<QueryError> = parameters
            .0
            .iter()
            .filter(|(name, _)| !known.contains(&name.as_str()))
            .map(|(name, value)| unknown_parameter(name, value, known))
            .collect();
        if !unknown.is_empty() {
            return Err(Problem::parameters(unknown));
        }
        parameters.must_be_single(known)?;
        Ok(parameters)
    }

    /// Refuses what is said twice where only one can be meant.
    ///
    /// # Errors
    /// A problem that names the first such parameter.
    pub fn must_be_single(&self, names: &[&str]) -> Result<(), Problem> {
        for name in names {
            let mut values = self.0.iter().filter(|(given, _)| nfkc(given) == *name).map(|(_, value)| value);
            if let (Some(_), Some(second)) = (values.next(), values.next()) {
                return Err(Problem::parameter(
                    name,
                    second,
                    format!("{name} が二度あります。一つにしてください。"),
                    format!("{name} is given more than once; keep one."),
                ));
            }
        }
        Ok(())
    }

    /// The value of a parameter that is given once.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name || nfkc(given) == name).map(|(_, value)| value.as_str())
    }

    /// Adds a parameter that did not stand in the address.
    pub fn add(&mut self, name: &str, value: String) {
        self.0.push((name.to_owned(), value));
    }

    /// All parameters.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The language of the fields' names in the answer.
    ///
    /// # Errors
    /// A problem for anything but `ja` and `en`.
    pub fn names(&self) -> Result<Lang, Problem> {
        match self.get("names") {
            None | Some("ja") => Ok(Lang::Ja),
            Some("en") => Ok(Lang::En),
            Some(other) => Err(Problem::parameter("names", other, "names は ja か en です。", "names is ja or en.")),
        }
    }

    /// A parameter that is `true` or `false`.
    ///
    /// # Errors
    /// A problem for anything else.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, Problem> {
        match self.get(name) {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(other) => Err(Problem::parameter(
                name,
                other,
                format!("{name} は true か false です。"),
                format!("{name} is true or false."),
            )),
        }
    }

    /// A parameter that is a whole number within limits.
    ///
    /// # Errors
    /// A problem for anything else.
    pub fn number(&self, name: &str, default: usize, range: std::ops::RangeInclusive<usize>) -> Result<usize, Problem> {
        let Some(text) = self.get(name) else { return Ok(default) };
        text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
            let (least, most) = (range.start(), range.end());
            Problem::parameter(
                name,
                text,
                format!("{name} は {least} から {most} までの整数です。"),
                format!("{name} is a whole number from {least} to {most}."),
            )
        })
    }
}

/// The language a client wants: `lang`, then `Accept-Language`, then Japanese.
pub fn language(request: &HttpRequest) -> Lang {
    let asked = request.query_string().split('&').find_map(|part| Lang::parse(part.strip_prefix("lang=")?));
    asked
        .or_else(|| {
            let header = request.headers().get("Accept-Language")?.to_str().ok()?;
            let ranges = header.split(',').filter_map(language_range);
            ranges.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(lang, _)| lang)
        })
        .unwrap_or_default()
}

/// A language that we speak and how much it is wanted, such as `en-GB;q=0.8`.
fn language_range(range: &str) -> Option<(Lang, f32)> {
    let mut parts = range.split(';').map(str::trim);
    let lang = Lang::parse(parts.next()?)?;
    let quality = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
    (quality > 0.0).then_some((lang, quality))
}

fn unknown_parameter(name: &str, value: &str, known: &[&str]) -> QueryError {
    let name: String = name.chars().take(100).collect();
    let near = nearest(&name, known.iter().copied());
    let list = known.join(", ");
    QueryError {
        message: Bilingual {
            ja: format!("パラメータ {name} はありません。"),
            en: format!("There is no parameter {name}."),
        },
        hint: Some(match near {
            Some(near) => {
                Bilingual { ja: format!("{near} のことですか。"), en: format!("Did you mean {near}?") }
            }
            None => Bilingual { ja: format!("使えるのは {list} です。"), en: format!("There are {list}.") },
        }),
        parameter: name,
        value: value.chars().take(100).collect(),
    }
}

//! Coordinates far from where they were. It takes the published version to see it: `publish::guard` does.

use crate::text::Text;
use crate::validate::findings::{Finding, Severity};
use crate::validate::rule::{Level, Rule};

/// See the module.
pub struct MovedPoints;

impl Rule for MovedPoints {
    fn id(&self) -> &'static str {
        "moved-points"
    }

    fn level(&self) -> Level {
        Level::Table
    }

    fn message(&self) -> Text {
        Text {
            ja: "同じ ID で座標のある {0} 件のうち {1} 件が、公開中の位置から 1 km を超えて動いています。行と座標がずれていないか確かめてください。",
            en: "Of {0} records with the same ID and coordinates, {1} lie more than 1 km from where they are published. Did rows and coordinates slip apart?",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "並べ替えの失敗や緯度と経度の取り違えで、多くの地点が一度に動くことがあります。10 % を超え、3 件以上のときに確認を求めます。",
            en: "A sort gone wrong or swapped coordinates move many places at once. Above one in ten, and three records, a confirmation is asked for.",
        }
    }
}

/// Of so many places so many moved.
pub fn finding(placed: i64, moved: i64) -> Finding {
    Finding::new(&MovedPoints, Severity::Warning).with_details([placed.to_string(), moved.to_string()])
}

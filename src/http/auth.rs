//! Who asks, and what they may do.

use actix_web::HttpRequest;

use super::App;
use super::client::Client;
use super::problem::{Code, Problem};
use crate::catalog::{AccessRole, Actor, TokenHolder};
use crate::store::tokens;

/// Finds the holder of the bearer token (RFC 6750).
///
/// # Errors
/// 401 without a token, or with one that is unknown, expired or revoked.
pub async fn authenticate(app: &App, request: &HttpRequest) -> Result<TokenHolder, Problem> {
    let Some(token) = bearer(request) else {
        let problem =
            Problem::new(Code::Unauthorized, "この操作にはトークンが必要です。", "This operation needs a token.");
        return Err(problem.hint(
            "-H \"Authorization: Bearer mk_…\" を付けてください。トークンは運用者が machikura token create で発行します。",
            "Send Authorization: Bearer mk_…; the operator issues tokens by machikura token create.",
        ));
    };
    let holder =
        app.db.read_newest(move |connection| tokens::authenticate(connection, &token).map_err(Problem::from)).await?;
    holder.ok_or_else(|| {
        Problem::new(
            Code::Unauthorized,
            "トークンが正しくないか、期限が切れています。",
            "The token is wrong, expired or revoked.",
        )
    })
}

/// Checks that a holder may publish for an organization.
///
/// # Errors
/// 403 otherwise.
pub fn may_publish(holder: &TokenHolder, organization: &str) -> Result<(), Problem> {
    let is_allowed = match holder.role {
        AccessRole::Operator => true,
        AccessRole::Publisher | AccessRole::Manager => holder.organization.as_deref() == Some(organization),
    };
    if is_allowed {
        return Ok(());
    }
    let own = holder.organization.as_deref().unwrap_or_default();
    Err(Problem::new(
        Code::Forbidden,
        format!("このトークンで公開できるのは団体 {own} のデータだけです。"),
        format!("This token publishes for the organization {own} only."),
    ))
}

/// The holder as the audit names it.
pub fn actor(holder: &TokenHolder, request: &HttpRequest) -> Actor {
    let name = if holder.label.is_empty() { format!("token {}", holder.id) } else { holder.label.clone() };
    Actor { name, address: Client::asking(request).address.map(|address| address.to_string()) }
}

fn bearer(request: &HttpRequest) -> Option<String> {
    let header = request.headers().get("Authorization")?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

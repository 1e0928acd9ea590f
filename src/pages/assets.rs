//! The files that pages load: compiled in, named by a hash of their content, cached for a year.
//!
//! A new content is a new address, so an old page never meets a new stylesheet.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// One file and the address that its content gives it.
pub struct Asset {
    /// Path below the issuer's own: `/static/chancery.<hash>.css`.
    pub path: String,
    /// What the file holds.
    pub body: &'static [u8],
    content_type: &'static str,
}

impl Asset {
    fn new(stem: &str, extension: &str, content_type: &'static str, body: &'static [u8]) -> Self {
        let hash = URL_SAFE_NO_PAD.encode(&digest(&SHA256, body).as_ref()[..12]);
        let path = format!("{FOLDER}{stem}.{hash}.{extension}");
        Self {
            path,
            body,
            content_type,
        }
    }
}

const FOLDER: &str = "/static/";

/// The one stylesheet.
pub static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let body = concat!(
        include_str!("../../static/frame.css"),
        include_str!("../../static/content.css")
    );
    Asset::new(
        "chancery",
        "css",
        "text/css; charset=utf-8",
        body.as_bytes(),
    )
});

/// The icon in a browser's tab.
pub static ICON: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_bytes!("../../static/icon.svg");
    Asset::new("icon", "svg", "image/svg+xml", body)
});

/// Sends the form of a form_post answer on by itself; the only script there is.
pub static FORM_POST: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_bytes!("../../static/form-post.js");
    Asset::new("form-post", "js", "text/javascript; charset=utf-8", body)
});

/// Every file that is served.
pub fn all() -> [&'static Asset; 3] {
    [&STYLE, &ICON, &FORM_POST]
}

/// Serves the files; to be merged at the issuer's path.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/static/{name}", get(serve))
}

async fn serve(Path(name): Path<String>) -> Response {
    let found = all()
        .into_iter()
        .find(|asset| asset.path.strip_prefix(FOLDER) == Some(&name));
    let Some(asset) = found else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, asset.body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_served_at_the_address_of_its_content_only() {
        for asset in all() {
            let name = asset.path.strip_prefix(FOLDER).unwrap().to_owned();
            let answer = serve(Path(name)).await;
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(answer.headers()[header::CONTENT_TYPE], asset.content_type);
            assert!(
                answer.headers()[header::CACHE_CONTROL]
                    .to_str()
                    .unwrap()
                    .contains("immutable")
            );
        }
        let stale = serve(Path("chancery.AAAAAAAAAAAAAAAA.css".to_owned())).await;
        assert_eq!(stale.status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn the_address_changes_with_the_content() {
        let one = Asset::new("a", "css", "text/css", b"one");
        let two = Asset::new("a", "css", "text/css", b"two");
        assert_ne!(one.path, two.path);
        assert_eq!(one.path, Asset::new("a", "css", "text/css", b"one").path);
    }
}

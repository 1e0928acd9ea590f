//! The authorization answer as a form that the browser posts to the client (OAuth 2.0 Form Post
//! Response Mode, section 2). Without a script the person presses the button.

use askama::Template;
use url::Url;

use super::Page;

/// The form; answer it with [`crate::pages::answer::form_post`].
#[derive(Template)]
#[template(path = "form_post.html")]
pub struct FormPost<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The client's name.
    pub client: &'a str,
    /// Where the form goes.
    pub redirect_uri: &'a Url,
    /// The answer's parameters: `code`, `state`, `iss` or `error`..
    pub fields: &'a [(&'a str, &'a str)],
}

#[cfg(test)]
impl FormPost<'static> {
    pub(crate) fn sample() -> Self {
        static CALLBACK: std::sync::LazyLock<Url> = std::sync::LazyLock::new(|| {
            Url::parse("https://demo.example/callback?a=1&b=2").unwrap()
        });
        Self {
            page: Page::sample(),
            client: "Demo Web",
            redirect_uri: &CALLBACK,
            fields: &[
                ("code", "SplxlOBeZQQYbYS6WxSbIA"),
                ("state", "a\"b"),
                ("iss", "https://id.example"),
            ],
        }
    }
}

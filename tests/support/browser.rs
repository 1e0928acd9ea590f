//! A browser without scripts: cookies, redirects within the site, forms as the page has them.

use std::collections::BTreeMap;

use axum::http::{StatusCode, header};
use url::Url;

use super::TestApp;
use super::app::ISSUER;
use super::http::{Answer, Sending};

/// One browser of one person.
pub(crate) struct Browser<'a> {
    app: &'a TestApp,
    pub(crate) cookies: BTreeMap<String, String>,
}

/// A form of a page, filled in as it came.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    action: String,
    fields: Vec<(String, String)>,
    /// Name and value of each button that has both.
    pub(crate) buttons: Vec<(String, String)>,
}

impl TestApp {
    /// A browser that was never here before.
    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser {
            app: self,
            cookies: BTreeMap::new(),
        }
    }
}

impl Browser<'_> {
    /// Opens an address, and follows redirects as long as they stay on the site.
    pub(crate) async fn visit(&mut self, address: &str) -> Answer {
        let answer = self.send(Sending::get(address)).await;
        self.follow(answer).await
    }

    /// Submits a form, and follows redirects as long as they stay on the site.
    pub(crate) async fn submit(&mut self, form: &Form) -> Answer {
        let origin = self.app.config.issuer.origin();
        let answer = self.send(form.sending().with("origin", origin)).await;
        self.follow(answer).await
    }

    /// Signs in at the page that is open.
    pub(crate) async fn sign_in(&mut self, page: &Answer, name: &str, password: &str) -> Answer {
        let form = page.form("/sign-in");
        let form = form.fill("username", name).fill("password", password);
        self.submit(&form).await
    }

    /// Sends one request, as it is.
    pub(crate) async fn send(&mut self, sending: Sending) -> Answer {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let sending = if cookies.is_empty() {
            sending
        } else {
            sending.with("cookie", cookies.join("; "))
        };
        let answer = self.app.send(sending).await;
        for line in answer.headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    async fn follow(&mut self, mut answer: Answer) -> Answer {
        for _ in 0..10 {
            if answer.status != StatusCode::SEE_OTHER {
                return answer;
            }
            let location = answer.location();
            if location.origin() != Url::parse(ISSUER).unwrap().origin() {
                return answer;
            }
            answer = self.send(Sending::get(location.as_str())).await;
        }
        panic!("too many redirects: {answer:?}")
    }
}

impl Answer {
    /// The form of this page that is sent to `action`, below the issuer's path.
    #[track_caller]
    pub(crate) fn form(&self, action: &str) -> Form {
        let mut forms = self.forms().into_iter();
        forms
            .find(|form| form.action.ends_with(action))
            .unwrap_or_else(|| panic!("no form for {action}: {} {}", self.status, self.body))
    }

    /// Whether this page has a form that is sent to `action`.
    pub(crate) fn has_form(&self, action: &str) -> bool {
        let mut forms = self.forms().into_iter();
        forms.any(|form| form.action.ends_with(action))
    }

    /// All forms of this page.
    pub(crate) fn forms(&self) -> Vec<Form> {
        let mut forms = Vec::new();
        for part in self.body.split("<form").skip(1) {
            let part = part.split("</form>").next().unwrap();
            let (head, content) = part.split_once('>').unwrap();
            let inputs = content.split("<input").skip(1);
            let inputs = inputs.map(|input| input.split('>').next().unwrap());
            let fields = inputs.filter_map(|input| {
                let name = attribute(input, "name")?;
                let kind = attribute(input, "type").unwrap_or_default();
                let is_sent = kind != "checkbox" || input.contains(" checked");
                is_sent.then(|| (name, attribute(input, "value").unwrap_or_default()))
            });
            let buttons = content.split("<button").skip(1);
            let buttons = buttons.map(|button| button.split('>').next().unwrap());
            let buttons = buttons
                .filter_map(|button| attribute(button, "name").zip(attribute(button, "value")));
            forms.push(Form {
                action: attribute(head, "action").unwrap_or_default(),
                fields: fields.collect(),
                buttons: buttons.collect(),
            });
        }
        forms
    }
}

impl Form {
    /// The request that submits it.
    pub(crate) fn sending(&self) -> Sending {
        let fields = self.fields.iter();
        let fields = fields.map(|(name, value)| (name.as_str(), value.as_str()));
        Sending::form(&self.action, fields)
    }

    /// With another value in a field, or with one more field.
    pub(crate) fn fill(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(other, _)| other != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With one more field, whether there is one of this name or not.
    pub(crate) fn also(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without those boxes of this name that `keep` does not say.
    pub(crate) fn keep(mut self, name: &str, keep: impl Fn(&str) -> bool) -> Self {
        self.fields
            .retain(|(other, value)| other != name || keep(value));
        self
    }

    /// With its first button pressed.
    pub(crate) fn press(self) -> Self {
        let (name, value) = self.buttons[0].clone();
        self.fill(&name, &value)
    }

    /// The value of a field.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let found = fields.find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// An attribute of a tag, with its character references resolved.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let value = rest.split('"').next()?;
    let references = [
        ("&#38;", "&"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    let resolve = |text: String, (reference, c): (&str, &str)| text.replace(reference, c);
    Some(references.into_iter().fold(value.to_owned(), resolve))
}

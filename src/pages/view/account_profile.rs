//! My account, the profile: what the realm knows about the person, and the part they may edit.
//!
//! The form sends `csrf` and one field per editable claim, named like the claim.

use askama::Template;

use super::Page;

/// The profile page.
#[derive(Template)]
#[template(path = "account/profile.html")]
pub struct AccountProfile<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// Token against forged requests.
    pub csrf: &'a str,
    /// What they sign in with.
    pub username: &'a str,
    /// The `sub` that clients know them by.
    pub id: &'a str,
    /// Their e-mail address and whether it was verified.
    pub email: Option<(&'a str, bool)>,
    /// Names of the groups they are in.
    pub groups: &'a [&'a str],
    /// What they may edit.
    pub fields: &'a [ProfileField<'a>],
    /// Whether the last change was just saved.
    pub saved: bool,
}

/// One claim that the person may edit.
#[derive(Clone, Copy, Debug)]
pub struct ProfileField<'a> {
    /// The claim's name, one of [`EDITABLE_CLAIMS`].
    pub claim: &'a str,
    /// What stands in the field.
    pub value: &'a str,
    /// Why the last value was not taken, as a sentence.
    pub problem: Option<&'a str>,
}

/// The standard claims that this page can edit (OpenID Connect Core 1.0, section 5.1): the claim,
/// what a person calls it, its `type` and its `autocomplete` in HTML.
pub const EDITABLE_CLAIMS: &[(&str, &str, &str, &str)] = &[
    ("name", "Display name", "text", "name"),
    ("given_name", "Given name", "text", "given-name"),
    ("family_name", "Family name", "text", "family-name"),
    ("middle_name", "Middle name", "text", "additional-name"),
    ("nickname", "Nickname", "text", "nickname"),
    ("profile", "Profile page", "url", "off"),
    ("picture", "Picture (web address)", "url", "photo"),
    ("website", "Website", "url", "url"),
    ("gender", "Gender", "text", "sex"),
    ("birthdate", "Birthday", "date", "bday"),
    ("zoneinfo", "Time zone", "text", "off"),
    ("locale", "Language", "text", "language"),
    ("phone_number", "Phone number", "tel", "tel"),
];

impl ProfileField<'_> {
    fn row(&self) -> Option<&'static (&'static str, &'static str, &'static str, &'static str)> {
        EDITABLE_CLAIMS
            .iter()
            .find(|(claim, ..)| *claim == self.claim)
    }

    fn label(&self) -> &str {
        self.row().map_or(self.claim, |row| row.1)
    }

    fn input_type(&self) -> &str {
        self.row().map_or("text", |row| row.2)
    }

    fn autocomplete(&self) -> &str {
        self.row().map_or("off", |row| row.3)
    }
}

#[cfg(test)]
impl AccountProfile<'static> {
    pub(crate) fn sample() -> Self {
        Self {
            page: Page::sample_signed_in(),
            csrf: "csrf-token",
            username: "alice",
            id: "0198b2c4-7d1e-7a60-9f2b-3c5d6e7f8091",
            email: Some(("alice@harbour.example", true)),
            groups: &["Photos", "Garden committee"],
            fields: &[
                ProfileField {
                    claim: "name",
                    value: "Alice Liddell",
                    problem: None,
                },
                ProfileField {
                    claim: "given_name",
                    value: "Alice",
                    problem: None,
                },
                ProfileField {
                    claim: "family_name",
                    value: "Liddell",
                    problem: None,
                },
                ProfileField {
                    claim: "locale",
                    value: "en-GB",
                    problem: None,
                },
            ],
            saved: true,
        }
    }

    pub(crate) fn sample_refused() -> Self {
        Self {
            email: None,
            groups: &[],
            fields: &[
                ProfileField {
                    claim: "name",
                    value: "",
                    problem: Some("A display name is needed."),
                },
                ProfileField {
                    claim: "website",
                    value: "https://alice.example",
                    problem: None,
                },
            ],
            saved: false,
            ..Self::sample()
        }
    }
}

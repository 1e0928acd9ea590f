//! The `typ` header, which keeps one kind of token from passing for another (RFC 8725 §3.11).

/// The media type of a token, without the `application/` prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Typ(&'static str);

impl Typ {
    /// A JWT without a kind of its own, such as an ID token. As the default kind it is also what
    /// a token without `typ` is taken for (RFC 7519 §5.1).
    pub const JWT: Self = Self("JWT");
    /// Access token (RFC 9068 §2.1).
    pub const AT_JWT: Self = Self("at+jwt");
    /// Security event token (RFC 8417 §2.3).
    pub const SECEVENT_JWT: Self = Self("secevent+jwt");
    /// Back-channel logout token (OpenID Connect Back-Channel Logout 1.0 §2.4).
    pub const LOGOUT_JWT: Self = Self("logout+jwt");
    /// DPoP proof (RFC 9449 §4.2).
    pub const DPOP_JWT: Self = Self("dpop+jwt");
    /// Client assertion with an explicit type.
    pub const CLIENT_AUTHENTICATION_JWT: Self = Self("client-authentication+jwt");
    /// Introspection response (RFC 9701 §5).
    pub const TOKEN_INTROSPECTION_JWT: Self = Self("token-introspection+jwt");

    /// A kind of token of the caller's own.
    ///
    /// # Panics
    /// If the name holds anything but letters, digits, `+`, `-` and `.`: it is written into the
    /// header as it is. In a `const` this is a compile error.
    pub const fn new(name: &'static str) -> Self {
        let bytes = name.as_bytes();
        let mut i = 0;
        while i < bytes.len() {
            assert!(
                bytes[i].is_ascii_alphanumeric() || matches!(bytes[i], b'+' | b'-' | b'.'),
                "a token type is letters, digits, '+', '-' and '.'"
            );
            i += 1;
        }
        Self(name)
    }

    /// The value written into the header.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether a token with this header value is of this kind. Media types are compared without
    /// regard to case, and the `application/` prefix may be there (RFC 7515 §4.1.9).
    pub fn accepts(self, header: Option<&str>) -> bool {
        const PREFIX: &str = "application/";
        let Some(value) = header else {
            return self == Self::JWT;
        };
        let name = match value.split_at_checked(PREFIX.len()) {
            Some((prefix, name)) if prefix.eq_ignore_ascii_case(PREFIX) => name,
            _ => value,
        };
        name.eq_ignore_ascii_case(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Typ;

    #[test]
    fn case_and_prefix_do_not_matter_but_the_name_does() {
        for same in [
            "at+jwt",
            "AT+JWT",
            "application/at+jwt",
            "Application/At+Jwt",
        ] {
            assert!(Typ::AT_JWT.accepts(Some(same)), "{same}");
        }
        for other in [
            "",
            "JWT",
            "at+jw",
            "at+jwt ",
            "text/at+jwt",
            "application/",
            "bat+jwt",
            "ä",
        ] {
            assert!(!Typ::AT_JWT.accepts(Some(other)), "{other}");
        }
    }

    #[test]
    fn only_a_plain_jwt_may_leave_its_type_out() {
        assert!(Typ::JWT.accepts(None));
        assert!(!Typ::AT_JWT.accepts(None));
        assert!(!Typ::JWT.accepts(Some("at+jwt")));
    }

    #[test]
    #[should_panic(expected = "a token type is")]
    fn a_type_cannot_break_out_of_the_header() {
        let _ = Typ::new("x\",\"alg\":\"none");
    }
}

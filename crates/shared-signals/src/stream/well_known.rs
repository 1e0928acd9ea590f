//! Where a transmitter's metadata lies (SSF 1.0 §7.2.1).

use url::{Host, Url};

/// An issuer that metadata cannot be had from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an issuer is an https URL without query and fragment")]
pub struct InvalidIssuer;

const NAME: &str = "/.well-known/ssf-configuration";

/// The metadata's address: the well-known name goes between the authority and the path.
///
/// ```
/// use shared_signals::stream::well_known_url;
/// assert_eq!(
///     well_known_url("https://tr.example.com/issuer1")?,
///     "https://tr.example.com/.well-known/ssf-configuration/issuer1",
/// );
/// # Ok::<(), shared_signals::stream::InvalidIssuer>(())
/// ```
pub fn well_known_url(issuer: &str) -> Result<String, InvalidIssuer> {
    let (origin, path) = split(issuer)?;
    Ok(format!("{origin}{NAME}{path}"))
}

/// The address that OpenID Connect would have it at, behind the path. Some transmitters answer here
/// only: to be tried second.
pub fn well_known_suffix_url(issuer: &str) -> Result<String, InvalidIssuer> {
    let (origin, path) = split(issuer)?;
    Ok(format!("{origin}{path}{NAME}"))
}

/// Whether the issuer is the address of its own metadata, as authentik has it.
pub(crate) fn is_well_known(issuer: &str) -> bool {
    issuer.contains("/.well-known/")
}

/// The issuer's origin and its path without the slash at its end.
fn split(issuer: &str) -> Result<(&str, &str), InvalidIssuer> {
    // What the parser below would drop or take for a slash.
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    if !issuer.bytes().all(plain) {
        return Err(InvalidIssuer);
    }
    let url = Url::parse(issuer).map_err(|_| InvalidIssuer)?;
    if !is_secure(&url) || url.query().is_some() || url.fragment().is_some() {
        return Err(InvalidIssuer);
    }
    let authority = issuer.find("://").ok_or(InvalidIssuer)? + 3;
    let path = issuer[authority..]
        .find('/')
        .map_or(issuer.len(), |slash| authority + slash);
    let (origin, path) = issuer.split_at(path);
    // To the parser `https:///a` has the host `a`, here it would have none.
    if Url::parse(origin).map(|url| url.origin()) != Ok(url.origin()) {
        return Err(InvalidIssuer);
    }
    Ok((origin, path.strip_suffix('/').unwrap_or(path)))
}

/// Whether the URL is https, or http on this very machine, where nobody listens in between.
pub(crate) fn is_secure(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        },
        _ => false,
    }
}

/// An address that a transmitter gave, if it is https, or http on the machine that it is itself on.
pub(crate) fn safe_endpoint(issuer: &str, url: &str) -> Option<Url> {
    let plain = |url: &Url| url.scheme() == "http";
    let url = Url::parse(url).ok().filter(is_secure)?;
    let on_its_own_machine =
        || Url::parse(issuer).is_ok_and(|issuer| plain(&issuer) && is_secure(&issuer));
    (!plain(&url) || on_its_own_machine()).then_some(url)
}

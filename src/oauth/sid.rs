//! `sid`: names a session to one client (OpenID Connect Front-Channel Logout §3), so that two
//! clients cannot tell that they see the same one.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::value::{ClientId, SessionId};

use crate::secrets::Secrets;

/// The `sid` of a session at a client: the same at every node and in every token.
pub fn sid(secrets: &Secrets, session: SessionId, client: &ClientId) -> String {
    let mut context = hmac::Context::with_key(&secrets.sid);
    context.update(session.as_uuid().as_bytes());
    context.update(client.as_str().as_bytes());
    URL_SAFE_NO_PAD.encode(&context.sign().as_ref()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::Secret;
    use uuid::Uuid;

    #[test]
    fn it_is_stable_and_belongs_to_one_session_at_one_client() {
        let secrets = Secrets::new(&Secret::new([7; 32]));
        let of = |session, client| {
            let session = SessionId::new(Uuid::from_u128(session));
            sid(&secrets, session, &ClientId::parse(client).unwrap())
        };
        assert_eq!(of(1, "web"), of(1, "web"));
        assert_ne!(of(1, "web"), of(2, "web"));
        assert_ne!(of(1, "web"), of(1, "cli"));
        assert_eq!(of(1, "web").len(), 22);
    }
}

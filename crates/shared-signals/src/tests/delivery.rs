//! Messages of RFC 8935 and RFC 8936, by the examples of their sections 2.3 and 2.4.

use serde_json::json;

use crate::{ErrorCode, PollRequest, PollResponse, SetError, parse};

#[test]
fn a_refusal_is_an_error_and_its_description() {
    let refusal: SetError =
        parse(br#"{ "err": "invalid_key", "description": "Key ID 12345 has been revoked." }"#)
            .unwrap();
    assert_eq!(
        refusal,
        SetError::new(ErrorCode::InvalidKey, "Key ID 12345 has been revoked.")
    );
    let other: SetError = parse(br#"{ "err": "teapot" }"#).unwrap();
    assert_eq!(other.err.as_str(), "teapot");
    assert!(parse::<SetError>(br#"{ "description": "?" }"#).is_err());
    assert!(parse::<SetError>(br#"["invalid_key", "?"]"#).is_err());
}

#[test]
fn a_poll_acknowledges_refuses_and_asks() {
    let body = json!({
        "ack": ["3d0c3cf797584bd193bd0fb1bd4e7d30"],
        "setErrs": {
            "4d3559ec67504aaba65d40b0363faad8": {
                "err": "authentication_failed",
                "description": "The SET could not be authenticated",
            },
        },
        "returnImmediately": true,
        "maxEvents": 10,
    });
    let request: PollRequest = parse(body.to_string().as_bytes()).unwrap();
    assert_eq!(request.max_events, Some(10));
    assert_eq!(request.set_errs.len(), 1);
    assert_eq!(serde_json::to_value(request).unwrap(), body);
    let long: PollRequest = parse(b"{}").unwrap();
    assert_eq!(long, PollRequest::default());
    assert!(!long.return_immediately);
    assert_eq!(serde_json::to_string(&long).unwrap(), "{}");
    for wrong in [
        r#"{"maxEvents":-1}"#,
        r#"{"maxEvents":"1"}"#,
        r#"{"returnImmediately":1}"#,
        r#"{"ack":"a"}"#,
        r#"{"ack":[1]}"#,
        r#"{"setErrs":{"a":"b"}}"#,
        "[]",
        "",
    ] {
        assert!(parse::<PollRequest>(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn an_answer_keeps_the_order_of_its_tokens() {
    let body = br#"{"sets":{"z":"e30.e30.","a":"e30.e30.","m":"e30.e30."},"moreAvailable":true}"#;
    let answer: PollResponse = parse(body).unwrap();
    let order: Vec<_> = answer.sets.iter().map(|(jti, _)| jti.as_str()).collect();
    assert_eq!(order, ["z", "a", "m"]);
    assert_eq!(serde_json::to_vec(&answer).unwrap(), body);
    assert_eq!(
        serde_json::to_string(&PollResponse::default()).unwrap(),
        r#"{"sets":{}}"#
    );
    for wrong in [
        r#"{"sets":{"a":"1","a":"2"}}"#,
        r#"{"sets":[]}"#,
        r#"{"sets":{"a":1}}"#,
        "{}",
    ] {
        assert!(parse::<PollResponse>(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

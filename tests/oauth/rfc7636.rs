//! RFC 7636: a code is redeemed by whoever asked for it (PKCE, S256).

use crate::support::client::VERIFIER;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    only_the_verifier_redeems_the_code,
    a_public_client_must_use_it,
    a_confidential_client_may_leave_it_and_not_take_it_out,
    plain_is_refused,
];

async fn only_the_verifier_redeems_the_code(app: TestApp) {
    let cli = app.client("cli");
    let redirected = cli.code_flow("alice").scope("photos:read").answer().await;
    let request = cli.redeem(redirected.code()).without("code_verifier");
    request.clone().await.refused("invalid_grant");
    let other = VERIFIER.replace('d', "e");
    let wrong = request.clone().with("code_verifier", &other);
    wrong.await.refused("invalid_grant");
    let malformed = request.clone().with("code_verifier", "short");
    malformed.await.refused("invalid_request");
    request.with("code_verifier", VERIFIER).await.ok();
}

async fn a_public_client_must_use_it(app: TestApp) {
    let flow = app.client("cli").code_flow("alice").scope("photos:read");
    let flow = flow.without("code_challenge");
    flow.answer().await.refused("invalid_request");
    let flow = flow.without("code_challenge_method");
    flow.answer().await.refused("invalid_request");
}

async fn a_confidential_client_may_leave_it_and_not_take_it_out(app: TestApp) {
    let web = app.client("web");
    let flow = web.code_flow("alice").scope("photos:read");
    let flow = flow
        .without("code_challenge")
        .without("code_challenge_method");
    let redirected = flow.answer().await;
    // A verifier without a challenge: somebody took the challenge out on its way.
    let request = web.redeem(redirected.code());
    request.clone().await.refused("invalid_grant");
    request.without("code_verifier").await.ok();
}

async fn plain_is_refused(app: TestApp) {
    let flow = app.client("web").code_flow("alice").scope("photos:read");
    let plain = flow.without("code_challenge_method");
    plain.answer().await.refused("invalid_request");
    let plain = plain.with("code_challenge_method", "plain");
    plain.answer().await.refused("invalid_request");
}

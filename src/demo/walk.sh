# 1. A machine gets a token for one API. Photos takes it, files does not.
call() { curl -si -w '\n\n' -H "Authorization: Bearer $token" "$@"; }
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
token=$(curl -s $idp/token -u demo-machine:demo-machine-secret \
  -d grant_type=client_credentials -d resource=https://photos.example/ -d scope=photos:read |
  field access_token)
call $photos/photos                 # 200
call $files/files                   # 401: the token is for photos
call $photos/photos -H 'Content-Type: application/json' -d '{"title":"harbour"}'   # 403: it may only read

# 2. Alice signs in. Here curl is the browser, and stops where the command line would listen.
back=http://127.0.0.1:9/callback
verifier=$(openssl rand -hex 32)
challenge=$(printf %s $verifier | openssl dgst -sha256 -binary | openssl base64 | tr +/ -_ | tr -d =)
visit() { curl -sL -b $jar -c $jar -o $jar.page -w '%{url_effective}\n' "$@"; }
ask() {
  visit -G $idp/authorize -d client_id=demo-cli -d response_type=code -d redirect_uri=$back \
    -d code_challenge=$challenge -d code_challenge_method=S256 -d state=1 "$@"
}
hidden() { sed -n "s/.*name=\"$1\" value=\"\([^\"]*\)\".*/\1/p" $jar.page; }
sign_in() { visit $idp/sign-in -d username=$1 -d password=chancery-demo -d csrf=$(hidden csrf) -d flow=$(hidden flow); }
redeem() {
  curl -s $idp/token -d grant_type=authorization_code -d client_id=demo-cli -d redirect_uri=$back \
    -d code_verifier=$verifier -d code=$(printf %s "$1" | sed 's/.*[?&]code=\([^&]*\).*/\1/') "$2" "$3"
}
claims() { cut -d. -f2 | tr _- /+ | base64 -d 2>/dev/null; echo; }
jar=$(mktemp)
ask -d resource=https://photos.example/ -d scope=photos:read > /dev/null
code=$(sign_in alice)
token=$(redeem "$code" -d resource=https://photos.example/ | field access_token)
printf %s "$token" | claims         # aud and scope are of photos
call $photos/photos                 # 200

# 3. Alice is not in the group files: error=access_denied, and no code.
ask -d resource=https://files.example/ -d scope=files:read

# 4. Carol may use both: one sign-in, and each refresh picks the API that its token is for.
rm -f $jar*; jar=$(mktemp)
ask -d resource=https://photos.example/ -d resource=https://files.example/ \
  -d scope=photos:read+files:read > /dev/null
code=$(sign_in carol)
refresh=$(redeem "$code" -d resource=https://photos.example/ | field refresh_token)
token=$(curl -s $idp/token -d grant_type=refresh_token -d client_id=demo-cli \
  -d refresh_token=$refresh -d resource=https://files.example/ | field access_token)
printf %s "$token" | claims         # aud and scope are of files
call $files/files                   # 200

# 5. Carol signs out, and the receiver hears of it: the newest of its tokens, decoded.
visit $idp/sign-out > /dev/null
visit $idp/sign-out -d csrf=$(hidden csrf) > /dev/null
until heard=$(curl -s $receiver/received) && printf %s "$heard" | grep -q session-revoked; do sleep 0.1; done
printf '%s\n\n' "$heard" | sed 's/,{"iss".*/]/'

# 6. What was written down.
token=$(curl -s $idp/token -u demo-admin:demo-admin-secret -d grant_type=client_credentials \
  -d resource=$idp/api/v1 -d scope=events.read | field access_token)
for type in session.started grant.created session.ended; do call "$idp/api/v1/events?type=$type"; done
rm -f $jar*

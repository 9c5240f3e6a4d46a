// What: gives the answer of the first generation the members of the second.
// Why: one set of declarations reads both.
// Source: https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/get-access-token.html
'use strict';
if (response_iserror || !response_body || !response_body.accessToken) done();
done({ response_body: { access_token: response_body.accessToken, expires_in: response_body.expiresIn } });

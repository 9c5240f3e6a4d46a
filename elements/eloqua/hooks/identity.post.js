// What: keeps the addresses of the site's pod as `base.url`, `rest1.url` and `bulk.url`; turns the answer "Not authenticated." into a 401.
// Why: every site lives on one of several pods, and /id answers 200 with a JSON string to a token it does not know.
// Source: https://docs.oracle.com/en/cloud/saas/marketing/eloqua-develop/Developers/RESTAPI/Tutorials/DeterminingBaseURL.htm
'use strict';
if (response_iserror) done();
const base = response_body && response_body.urls && response_body.urls.base;
if (!base) {
  const said = typeof response_body === 'string' ? response_body : 'no address of the site';
  done({ response_status_code: 401, response_error_message: 'Eloqua did not accept the token: ' + said });
}
const pod = base.replace(/[/]+$/, '') + '/API';
done({ configuration: { 'base.url': pod + '/REST/2.0', 'rest1.url': pod + '/REST/1.0', 'bulk.url': pod + '/Bulk/2.0' } });

// What: keeps the address of the site's pod as `base.url`; turns the answer "Not authenticated." into a 401.
// Why: every site lives on one of several pods, and /id answers 200 with a JSON string to a token it does not know.
// Source: https://docs.oracle.com/en/cloud/saas/marketing/eloqua-develop/Developers/RESTAPI/Tutorials/DeterminingBaseURL.htm
if (response_iserror) done();
const base = response_body && response_body.urls && response_body.urls.base;
if (!base) {
  const said = typeof response_body === 'string' ? response_body : 'no address of the site';
  done({ response_status_code: 401, response_error_message: 'Eloqua did not accept the token: ' + said });
}
done({ configuration: { 'base.url': base.replace(/[/]+$/, '') + '/API/REST/2.0' } });

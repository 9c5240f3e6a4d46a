// What: says whether the cookie was tied to the person; an unknown cookie is no error.
// Why: callers send the token of whatever browser they meet, and most are no visitors of the tracked site.
// Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/leads
'use strict';
const id = request_path_variables.id;
const fault = response_body && response_body.errors && response_body.errors[0];
if (fault && String(fault.code) === '1012') {
  done({ response_status_code: 200, response_body: { id: id, token: request_body_map.token, associated: false, reason: fault.message } });
}
if (response_iserror) done();
done({ response_body: { id: id, token: request_body_map.token, associated: true } });

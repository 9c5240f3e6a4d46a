// What: turns [{"id":"…"}], or the id of the path, into {"input":[{"marketoGUID":"…"}]}.
// Why: the vendor names named accounts by their marketoGUID, in the body for DELETE too.
// Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/named-account-lists
'use strict';
const named = request_path_variables && request_path_variables.accountId;
const rows = named ? [{ id: named }] : Array.isArray(request_body_map) ? request_body_map : [request_body_map || {}];
const input = rows.map((row) => ({ marketoGUID: row && (row.id || row.marketoGUID) }));
if (input.length === 0 || input.some((row) => !row.marketoGUID)) {
  done({ continue: false, response_status_code: 400, response_error_message: 'Each account needs an id: [{"id":"…"}].' });
}
done({ request_vendor_body: { input: input } });

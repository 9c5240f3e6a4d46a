// What: turns one row, a list of rows or {"input":[…]} into {"input":[…]}.
// Why: the vendor writes lists.
// Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/custom-activities
'use strict';
const sent = request_body_map;
if (!sent || typeof sent !== 'object') done({ continue: false, response_status_code: 400, response_error_message: 'The body must be JSON: one row or {"input":[…]}.' });
const rows = Array.isArray(sent) ? sent : Array.isArray(sent.input) ? sent.input : [sent];
done({ request_vendor_body: { input: rows } });

// What: sends the losing people as leadIds=2,3.
// Why: the vendor takes them in the query, not in a body.
// Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/leads
'use strict';
const given = (request_body_map && (request_body_map.leadIds || request_body_map.leadId)) || [];
const ids = (Array.isArray(given) ? given : [given]).map(String);
if (ids.length === 0 || !ids.every((id) => /^[0-9]+$/.test(id))) {
  done({ continue: false, response_status_code: 400, response_error_message: 'The people to merge are named by id: {"leadIds":[2,3]}.' });
}
const parameters = { leadIds: ids.join(',') };
if (request_body_map.mergeInCRM !== undefined) parameters.mergeInCRM = String(request_body_map.mergeInCRM);
done({ request_vendor_parameters: parameters, request_vendor_body: null });

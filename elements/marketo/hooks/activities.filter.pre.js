// What: puts activityTypeIds, leadIds and listId of the where into the query.
// Why: the vendor wants types always, ten at most, and knows no other condition.
// Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/activities
'use strict';
const fail = (message) => done({ continue: false, response_status_code: 400, response_error_message: message });
const parameters = {};
(request_expression || []).forEach((term) => {
  if (['sinceDate', 'sinceDatetime', 'fromDate'].includes(term.attribute)) return;
  if (!['activityTypeIds', 'leadIds', 'listId'].includes(term.attribute)) fail('Activities are found by activityTypeIds, fromDate, leadIds and listId, not by ' + term.attribute + '.');
  const values = Array.isArray(term.value) ? term.value : String(term.value).replace(/[()' ]/g, '').split(',');
  parameters[term.attribute] = values.join(',');
});
if (!parameters.activityTypeIds) fail("where needs activityTypeIds: activityTypeIds in (12) and fromDate='2016-12-25T11:39:58Z'.");
done({ request_vendor_parameters: parameters });

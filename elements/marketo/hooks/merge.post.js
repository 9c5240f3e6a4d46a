// What: answers who was merged into whom.
// Why: the vendor answers success and nothing more.
// Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/leads
'use strict';
if (response_iserror) done();
done({ response_body: { id: request_path_variables.id, leadIds: request_body_map.leadIds || [request_body_map.leadId], status: 'merged' } });

// What: builds {action, dedupeBy, input} (POST, PATCH) or {deleteBy, input} (DELETE) of one record known by its id.
// Why: the vendor writes lists of records with an action beside them; a record found by id takes no dedupe fields.
// Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/companies
'use strict';
const id = request_path_variables && request_path_variables.id;
const number = /^[0-9]+$/.test(id) ? Number(id) : id;
if (request_method === 'DELETE') done({ request_vendor_body: { deleteBy: 'idField', input: [{ id: number }] } });
const sent = request_body_map;
if (!sent || typeof sent !== 'object' || Array.isArray(sent)) {
  done({ continue: false, response_status_code: 400, response_error_message: 'The body must be one JSON object.' });
}
const record = Object.assign({}, sent);
delete record.id;
if (request_method === 'POST') done({ request_vendor_body: { action: 'createOrUpdate', dedupeBy: 'dedupeFields', input: [record] } });
delete record.externalCompanyId;
delete record.externalSalesPersonId;
record.id = number;
done({ request_vendor_body: { action: 'updateOnly', dedupeBy: 'idField', input: [record] } });

// What: builds {action, dedupeBy, input} (POST, PATCH) or {deleteBy, input} (DELETE) of records known by marketoGUID.
// Why: the vendor writes lists of records with an action beside them.
// Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/custom-objects
'use strict';
const id = request_path_variables && request_path_variables.id;
if (request_method === 'DELETE') done({ request_vendor_body: { deleteBy: 'idField', input: [{ marketoGUID: id }] } });
const sent = request_body_map;
if (!sent || typeof sent !== 'object') {
  done({ continue: false, response_status_code: 400, response_error_message: 'The body must be JSON: one record or {"input":[…]}.' });
}
const records = (Array.isArray(sent) ? sent : Array.isArray(sent.input) ? sent.input : [sent]).map((record) => {
  const plain = Object.assign({}, record);
  delete plain.id;
  return plain;
});
if (request_method === 'POST') {
  done({ request_vendor_body: { action: sent.action || 'createOrUpdate', dedupeBy: sent.dedupeBy || 'dedupeFields', input: records } });
}
if (records.length !== 1) done({ continue: false, response_status_code: 400, response_error_message: 'One record is changed at a time.' });
records[0].marketoGUID = id;
done({ request_vendor_body: { action: 'updateOnly', dedupeBy: 'idField', input: records } });

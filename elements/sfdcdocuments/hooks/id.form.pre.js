// What: answers that there is no such record for an id that none can have.
// Why: the vendor's query language calls such an id a fault of the query.
// Source: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/field_types.htm
'use strict';
for (const id of Object.values(request_path_variables || {})) {
  if (!/^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$/.test(id)) {
    done({ continue: false, response_status_code: 404, response_error_message: 'No record found with id ' + String(id).slice(0, 40) });
  }
}
done();

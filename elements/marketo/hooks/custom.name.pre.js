// What: refuses a name that cannot be a custom object, and a list of one without a filter.
// Why: names of custom objects end in _c; any other is a mistake in the path. The vendor has no list of all rows.
// Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/custom-objects
'use strict';
const name = request_path_variables.objectName;
const fail = (message) => done({ continue: false, response_status_code: 400, response_error_message: message });
if (!/_c$/.test(name)) fail('The element marketo has no resource /' + name + '; custom objects have names such as car_c.');
if (request_method === 'GET' && !request_path_variables.id && !(request_parameters && request_parameters.where)) {
  fail("Rows of " + name + " are found by one field: where=marketoGUID='a,b'.");
}
done();

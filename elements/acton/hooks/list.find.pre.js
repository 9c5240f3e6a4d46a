// What: skips the look-up of the first contact list when the call names a list (query `listId`, or where=listId='…'; `discoveryId` for its fields).
// Why: contacts live in lists only; a call that names none means the first one.
// Source: https://developer.act-on.com/reference/lists
'use strict';
let id = request_parameters && (request_parameters.listId || request_parameters.discoveryId);
(request_expression || []).forEach((term) => {
  if (!id && term.attribute === 'listId' && term.operator === '=') id = term.value;
});
if (!id) done();
done({ continue: false, response_body: { result: [{ id: id }] } });

// What: answers the id of the list beside the job that works on it.
// Why: the vendor answers the job alone.
// Source: https://developer.act-on.com/reference/lists
'use strict';
if (response_iserror) done();
const id = request_path_variables.id;
done({ response_body: Object.assign({ id: id, listId: id }, response_body) });

// What: answers the message as sent with its id.
// Why: the vendor answers a status line.
// Source: https://developer.act-on.com/reference/messages
'use strict';
if (response_iserror) done();
const answer = response_body || {};
const id = (request_path_variables && request_path_variables.id) || answer.id || answer.msgId;
done({ response_body: Object.assign({}, request_body_map, { id: id, msgId: id }) });

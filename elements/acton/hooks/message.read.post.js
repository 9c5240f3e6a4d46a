// What: gives a message its `id`.
// Why: the vendor calls it msgId.
// Source: https://developer.act-on.com/reference/messages
'use strict';
if (response_iserror || !response_body) done();
done({ response_body: Object.assign({ id: response_body.msgId || request_path_variables.id }, response_body) });

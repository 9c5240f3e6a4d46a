// What: finds one channel among all, by id or by name.
// Why: the vendor finds channels by name alone.
// Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/assets/channels
'use strict';
if (response_iserror) done();
const wanted = request_path_variables.id;
const found = (response_body || []).find((channel) => String(channel.id) === wanted || channel.name === wanted);
if (!found) done({ response_status_code: 404, response_error_message: 'No channel found with id or name ' + wanted + '.' });
done({ response_body: found });

// What: skips the look-up for the root itself.
// Why: the vendor calls the root folder `root`.
// Source: https://developer.salesforce.com/docs/atlas.en-us.chatterapi.meta/chatterapi/connect_resources_folder_items.htm
'use strict';
const path = String((request_parameters && request_parameters.path) || '/').replace(/^[/]+|[/]+$/g, '');
if (path === '') done({ continue: false, response_body: { folder: 'root' } });
if (path.includes('/')) {
  done({ continue: false, response_status_code: 400, response_error_message: 'Only the root and the folders in it can be listed by path.' });
}
done();

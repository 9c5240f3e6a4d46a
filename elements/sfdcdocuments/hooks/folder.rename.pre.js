// What: gives a folder the last part of `path` as its name.
// Why: the vendor calls it folderName.
// Source: https://developer.salesforce.com/docs/atlas.en-us.chatterapi.meta/chatterapi/connect_resources_folder.htm
'use strict';
const given = JSON.parse(request_vendor_body || '{}');
const name = String(given.name || given.path || '').replace(/^[/]+|[/]+$/g, '');
if (name === '' || name.includes('/')) {
  done({ continue: false, response_status_code: 400, response_error_message: 'Give the new name, such as {"name": "Reports"}; a folder cannot be moved here.' });
}
done({ request_vendor_body: { folderName: name } });

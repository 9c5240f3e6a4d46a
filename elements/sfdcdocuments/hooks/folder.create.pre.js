// What: names the new folder after the last part of `path`.
// Why: the vendor makes folders by name inside another.
// Source: https://developer.salesforce.com/docs/atlas.en-us.chatterapi.meta/chatterapi/connect_resources_folder_items.htm
'use strict';
const given = JSON.parse(request_vendor_body || '{}');
const name = String(given.path || given.name || '').replace(/^[/]+|[/]+$/g, '');
if (name === '' || name.includes('/')) {
  done({ continue: false, response_status_code: 400, response_error_message: 'Give the path of a folder in the root, such as {"path": "/Reports"}.' });
}
done({ request_vendor_body: { folder: { folderName: name } } });

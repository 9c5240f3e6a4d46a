// What: finds the folder of that name among the items of the root.
// Why: the vendor knows folders by id; a path is the platform's way.
// Source: https://developer.salesforce.com/docs/atlas.en-us.chatterapi.meta/chatterapi/connect_resources_folder_items.htm
'use strict';
if (response_iserror || (response_body && response_body.folder)) done();
const path = String(request_parameters.path).replace(/^[/]+|[/]+$/g, '');
const items = (response_body && response_body.items) || [];
const found = items.find((item) => item.type === 'Folder' && item.folder && item.folder.name === path);
if (!found) done({ response_status_code: 404, response_error_message: 'No folder found at /' + path });
done({ response_body: { folder: found.folder.id || found.id } });

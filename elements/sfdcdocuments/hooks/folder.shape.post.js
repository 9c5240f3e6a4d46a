// What: describes a folder as the documents hub does.
// Why: the vendor's names are its own.
// Source: https://developer.salesforce.com/docs/atlas.en-us.chatterapi.meta/chatterapi/connect_resources_folder.htm
'use strict';
if (response_iserror || !response_body) done();
const folder = response_body;
done({
  response_body: {
    id: folder.id,
    name: folder.name,
    path: folder.path && folder.path !== folder.name ? '/' + String(folder.path).replace(/^[/]+/, '') : '/' + folder.name,
    directory: true,
    createdDate: folder.createdDate,
    modifiedDate: folder.modifiedDate,
  },
});

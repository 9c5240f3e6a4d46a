// What: describes each file and folder as the documents hub does.
// Why: the vendor nests files and folders in items.
// Source: https://developer.salesforce.com/docs/atlas.en-us.chatterapi.meta/chatterapi/connect_resources_folder_items.htm
'use strict';
if (response_iserror || !Array.isArray(response_body)) done();
const folder = String((request_parameters && request_parameters.path) || '/').replace(/^[/]+|[/]+$/g, '');
const below = folder === '' ? '/' : '/' + folder + '/';
const shape = (item) => {
  if (item.type === 'Folder') {
    const entry = item.folder || {};
    return { id: entry.id || item.id, name: entry.name, path: below + entry.name, directory: true, createdDate: entry.createdDate, modifiedDate: entry.modifiedDate };
  }
  const file = item.file || {};
  const title = file.title || file.name || '';
  const extension = file.fileExtension;
  const name = extension && !title.toLowerCase().endsWith('.' + extension.toLowerCase()) ? title + '.' + extension : title;
  return {
    id: file.id || item.id,
    name: name,
    path: below + name,
    directory: false,
    size: Number(file.contentSize),
    mimeType: file.mimeType,
    createdDate: file.createdDate,
    modifiedDate: file.contentModifiedDate || file.modifiedDate,
  };
};
done({ response_body: response_body.map(shape) });

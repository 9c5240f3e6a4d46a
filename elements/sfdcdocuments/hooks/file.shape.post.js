// What: describes a file as the documents hub does: id, name, path, size, dates.
// Why: the vendor splits the name and prints numbers as text.
// Source: https://developer.salesforce.com/docs/atlas.en-us.chatterapi.meta/chatterapi/connect_resources_files_information.htm
if (response_iserror || !response_body) done();
const extension = response_body.fileExtension;
const title = response_body.title || response_body.name || '';
const name = extension && !title.toLowerCase().endsWith('.' + extension.toLowerCase()) ? title + '.' + extension : title;
done({
  response_body: {
    id: response_body.id,
    name: name,
    path: '/' + name,
    directory: false,
    size: Number(response_body.contentSize),
    mimeType: response_body.mimeType,
    description: response_body.description,
    versionNumber: response_body.versionNumber,
    createdDate: response_body.createdDate,
    modifiedDate: response_body.contentModifiedDate || response_body.modifiedDate,
  },
});

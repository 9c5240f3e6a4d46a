// What: describes a file as the documents hub does, from its latest version.
// Why: the vendor's names are its own, and its media types are those of the extension.
// Source: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentversion.htm
'use strict';
if (response_iserror || !response_body || !response_body.ContentDocumentId) done();
const types = {
  csv: 'text/csv', docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', gif: 'image/gif', html: 'text/html',
  jpeg: 'image/jpeg', jpg: 'image/jpeg', json: 'application/json', md: 'text/plain', pdf: 'application/pdf', png: 'image/png',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation', txt: 'text/plain',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', xml: 'text/xml', zip: 'application/zip',
};
const version = response_body;
const extension = version.FileExtension;
const title = version.Title || '';
const name = extension && !title.toLowerCase().endsWith('.' + extension.toLowerCase()) ? title + '.' + extension : title;
const time = (text) => (text ? String(text).replace('+0000', 'Z') : undefined);
const post = request_previous_response || {};
done({
  response_body: {
    id: version.ContentDocumentId,
    name: name,
    path: '/' + name,
    directory: false,
    size: Number(version.ContentSize),
    mimeType: types[String(extension || '').toLowerCase()] || 'application/octet-stream',
    description: version.Description,
    tags: version.TagCsv ? version.TagCsv.split(',').map((tag) => tag.trim()).filter(Boolean) : [],
    versionNumber: version.VersionNumber,
    createdDate: time((version.ContentDocument || version).CreatedDate),
    modifiedDate: time(version.LastModifiedDate),
    feedId: post.feedElementType === 'FeedItem' ? post.id : undefined,
  },
});

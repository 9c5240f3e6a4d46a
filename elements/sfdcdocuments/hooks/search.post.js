// What: describes what was found as the documents hub does, and leaves out what lacks the tags.
// Why: the vendor cannot search for tags.
// Source: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentversion.htm
'use strict';
if (response_iserror || !Array.isArray(response_body)) done();
const split = (text) => String(text || '').split(',').map((tag) => tag.trim()).filter(Boolean);
const wanted = split((request_parameters || {}).tags).map((tag) => tag.toLowerCase());
const time = (text) => (text ? String(text).replace('+0000', 'Z') : undefined);
const files = response_body.map((version) => {
  const extension = version.FileExtension;
  const title = version.Title || '';
  const name = extension && !title.toLowerCase().endsWith('.' + extension.toLowerCase()) ? title + '.' + extension : title;
  return {
    id: version.ContentDocumentId,
    name: name,
    path: '/' + name,
    directory: false,
    size: Number(version.ContentSize),
    description: version.Description,
    tags: split(version.TagCsv),
    versionNumber: version.VersionNumber,
    createdDate: time((version.ContentDocument || version).CreatedDate),
    modifiedDate: time(version.LastModifiedDate),
  };
});
done({ response_body: files.filter((file) => wanted.every((tag) => file.tags.some((own) => own.toLowerCase() === tag))) });

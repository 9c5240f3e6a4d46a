// What: describes versions of a file as the documents hub does.
// Why: the vendor's names are its own.
// Source: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentversion.htm
'use strict';
if (response_iserror || !response_body) done();
const time = (text) => (text ? String(text).replace('+0000', 'Z') : undefined);
const shape = (version) => {
  const extension = version.FileExtension;
  const title = version.Title || '';
  const name = extension && !title.toLowerCase().endsWith('.' + extension.toLowerCase()) ? title + '.' + extension : title;
  return {
    id: version.Id,
    fileId: version.ContentDocumentId,
    fileName: name,
    filePath: '/' + name,
    size: Number(version.ContentSize),
    versionNumber: version.VersionNumber,
    reason: version.ReasonForChange,
    createdDate: time(version.CreatedDate),
    modifiedDate: time(version.LastModifiedDate),
  };
};
done({ response_body: Array.isArray(response_body) ? response_body.map(shape) : shape(response_body) });

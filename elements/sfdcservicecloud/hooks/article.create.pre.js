// What: leaves ArticleType out of the record, and takes it with or without its suffix.
// Why: the type names the vendor's object; it is no member that could be written.
// Source: https://developer.salesforce.com/docs/atlas.en-us.knowledge_dev.meta/knowledge_dev/sforce_api_objects_knowledgearticleversion.htm
'use strict';
const article = JSON.parse(request_vendor_body || '{}');
delete article.ArticleType;
done({ request_vendor_body: article, request_vendor_path: request_vendor_path.replace(/(__kav)+(?=$|\/)/, '__kav') });

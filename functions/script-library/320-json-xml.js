class JsonUtils {
  static toJson(object, config) {
    const pattern = optionOf('JsonUtils.toJson', config, ['date-format'])['date-format'];
    const format = pattern === undefined ? undefined : new SimpleDateFormat(pattern);
    return jsonWithDates(object, format);
  }

  static toMap(json) {
    const value = parsedJson('JsonUtils.toMap', json);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw new TypeError('JsonUtils.toMap: json: received something else; allowed: the JSON of an object');
    }
    return collection(value);
  }

  /** Calls `setName` for a field `name` where the class has that, and sets the field where not. */
  static toBean(json, clazz) {
    const value = parsedJson('JsonUtils.toBean', json);
    if (typeof clazz !== 'function' || [HashMap, ArrayList, Object, JavaString].includes(clazz)) {
      return collection(value);
    }
    const bean = new clazz();
    for (const name of Object.keys(value ?? {})) {
      const setter = bean[`set${name.charAt(0).toUpperCase()}${name.slice(1)}`];
      typeof setter === 'function' ? setter.call(bean, value[name]) : setField(bean, name, value[name]);
    }
    return bean;
  }

  static convertJsonToXml(json, rootName) {
    return host('json-to-xml', {
      place: 'JsonUtils.convertJsonToXml',
      text: plainText(json),
      rootName: plainText(rootName),
    });
  }
}
define(['com.roma.apic.livedata.common.v1.JsonUtils', 'com.huawei.livedata.lambdaservice.util.JsonUtils'], JsonUtils);

class XmlUtils {
  static toJson(xml) {
    return host('xml-to-json', { place: 'XmlUtils.toJson', text: plainText(xml), root: true, values: true });
  }

  /** What is in the outermost element; texts stay texts. */
  static toMap(xml) {
    const value = parse(host('xml-to-json', { place: 'XmlUtils.toMap', text: plainText(xml) }));
    return collection(typeof value === 'object' ? value : { content: value });
  }

  static toXml(object, config) {
    const options = optionOf('XmlUtils.toXml', config, ['date-format', 'root-name', 'indent']);
    const format = options['date-format'] === undefined ? undefined : new SimpleDateFormat(options['date-format']);
    return host('json-to-xml', {
      place: 'XmlUtils.toXml',
      text: jsonWithDates(object, format),
      rootName: plainText(options['root-name']),
      indent: TextUtils.parseBoolean(options['indent'], false),
    });
  }
}
define(['com.roma.apic.livedata.common.v1.XmlUtils', 'com.huawei.livedata.lambdaservice.util.XmlUtils'], XmlUtils);

class JSONHelper {
  static json2Xml(json) {
    return host('json-to-xml', { place: 'JSONHelper.json2Xml', text: plainText(json), typed: true });
  }

  static json2XmlWithoutType(json) {
    return host('json-to-xml', { place: 'JSONHelper.json2XmlWithoutType', text: plainText(json), typed: false });
  }

  static xml2Json(xml) {
    return host('xml-to-json', { place: 'JSONHelper.xml2Json', text: plainText(xml), hints: true });
  }

  static jsonToMap(json) {
    return JsonUtils.toMap(json);
  }
}
define([
  'com.huawei.livedata.lambdaservice.util.JSONHelper',
  'com.roma.apic.livedata.common.v1.JSONHelper',
], JSONHelper);

class JSON2XMLHelper {
  /** @param returnFormat whether the XML is indented */
  static JSON2XML(json, returnFormat) {
    return host('json-to-xml', {
      place: 'JSON2XMLHelper.JSON2XML',
      text: plainText(json),
      indent: returnFormat === true,
    });
  }

  static XML2JSON(xml) {
    return host('xml-to-json', { place: 'JSON2XMLHelper.XML2JSON', text: plainText(xml), root: true });
  }
}
define(['com.huawei.livedata.util.JSON2XMLHelper', 'com.roma.apic.livedata.common.v1.JSON2XMLHelper'], JSON2XMLHelper);

function parsedJson(place, json) {
  try {
    return parse(String(json));
  } catch {
    throw new TypeError(`${place}: json: received something else; allowed: JSON`);
  }
}

/** Of a map of options; one that is not known is a mistake, not to be passed over. */
function optionOf(place, config, known) {
  const options = config ?? {};
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`${place}: config: received ${stringify(unknown)}; allowed: ${known.join(', ')}`);
  }
  return options;
}

/** Dates as Java's libraries write them: milliseconds, or in a format. */
function jsonWithDates(value, format) {
  return stringify(value ?? null, function (key, plain) {
    const given = this[key];
    if (!(given instanceof Date || given instanceof JavaDate)) {
      return plain;
    }
    return format === undefined ? given.getTime() : format.format(given);
  });
}

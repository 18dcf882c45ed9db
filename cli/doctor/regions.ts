import { type Check, failed, passed, warned } from './check.ts';

/** Where all three are said to be: the Data API for Aurora MySQL 3.07 and later, Aurora Serverless v2, IoT Core. */
const GOOD: readonly string[] = [
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'ca-central-1'],
  ...['eu-central-1', 'eu-west-1', 'eu-west-2', 'eu-west-3'],
  ...['ap-northeast-1', 'ap-northeast-2', 'ap-south-1', 'ap-southeast-1', 'ap-southeast-2'],
];
/** The Data API for Aurora MySQL is not there: the page's table says so, region by region. */
const WITHOUT_DATA_API = /^(eu-central-2|ap-south-2|ap-southeast-4|ca-west-1|us-gov-\w+-\d|cn-\w+-\d)$/;
const DATA_API_PAGE =
  'https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.Aurora_Fea_Regions_DB-eng.Feature.Data_API.html';

export function regionCheck(region: string | undefined): Check {
  if (region === undefined) {
    return warned('region', 'none chosen', 'name one with --region, or set AWS_REGION');
  }
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) {
    return failed('region', region, 'name a region such as eu-west-1');
  }
  if (WITHOUT_DATA_API.test(region)) {
    return failed(
      'region',
      `${region} has no Data API for Aurora MySQL`,
      `choose one that has: ${GOOD.join(', ')} (${DATA_API_PAGE})`,
    );
  }

  return GOOD.includes(region)
    ? passed('region', `${region}: Data API for Aurora MySQL, Aurora Serverless v2, IoT Core`)
    : warned(
        'region',
        `${region} is not known here`,
        `look whether it has the Data API for Aurora MySQL: ${DATA_API_PAGE}`,
      );
}

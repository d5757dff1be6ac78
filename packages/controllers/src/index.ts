export { disruptionController } from './disruption/disruption-controller.ts';
export { endpointsController } from './endpoints/endpoints-controller.ts';
export { endpointSliceController } from './endpointslice/endpoint-slice-controller.ts';
export { rootCaPublisher } from './serviceaccount/root-ca-publisher.ts';
export { serviceAccountController } from './serviceaccount/service-account-controller.ts';

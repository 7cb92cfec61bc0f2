export { CannotRunError } from '../util/cannot-run-error.ts';
